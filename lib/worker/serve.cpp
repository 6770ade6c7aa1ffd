// SPDX-License-Identifier: Apache-2.0
#include "log/log.hpp"
#include "process/start.hpp"
#include "process/zygote.hpp"
#include "protocol/service.hpp"
#include "worker/worker.hpp"

#include <cstdlib>
#include <unistd.h>

namespace hearth::worker {
namespace {

using namespace protocol::service;

constexpr std::string_view default_gate = "login/{}-%{{pid}}";

config::Snapshot read_snapshot(process::Start& start) {
    const auto fd = start.descriptor(fd_settings);
    return config::Snapshot::read(fd.get()).value();
}

Deps deps_from(process::Start& start, config::Snapshot snapshot, UniqueFd signals) {
    Deps deps;
    deps.service = start.service;
    deps.generation = start.generation;
    deps.managed = start.managed;
    deps.auth_uid = start.auth_uid.value_or(::geteuid());
    deps.login_gid = start.login_gid;
    deps.master_pid = start.master_pid;
    deps.gate = gate_path(start.gate.empty() ? fmt::format(default_gate, start.service) : start.gate, ::getpid());
    deps.report_path = fd_report;
    deps.life = start.descriptor(fd_life);
    deps.shared = start.descriptor("login/" + start.service);
    deps.notify = duplicate(start.notify_descriptor());
    deps.signals = std::move(signals);
    if (start.has_descriptor(fd_go)) deps.go = start.descriptor(fd_go);
    deps.snapshot = std::move(snapshot);
    deps.settings = read_settings(deps.snapshot);
    return deps;
}

// What this framework would initialise with the first client: OpenSSL, and the buffer that offers are received into.
void prepare_framework() {
    (void)protocol::identity_hash("", {});
    if (const auto pair = net::socket_pair(net::sequenced)) (void)net::receive_message(pair->first.get(), protocol::offer_bytes_max);
}

} // namespace

int serve(std::string_view service, Handler handler, Hooks hooks) {
    try {
        auto start = process::Start::take(); // first: it closes every descriptor that the master didn't give
        auto snapshot = read_snapshot(start);
        if (start.is_zygote()) {
            prepare_framework();
            if (hooks.prepare) hooks.prepare(snapshot);
            if (!process::fork_workers(start)) return 0;
        }
        auto signals = block_signals();
        if (start.managed && (!start.auth_uid || !start.login_gid))
            throw std::runtime_error("the master didn't say who makes grants and whom a gate lets in");
        return run(deps_from(start, std::move(snapshot), std::move(signals)), std::move(handler), std::move(hooks));
    } catch (const std::exception& failed) {
        log::error("{} can't run: {}", service, failed.what());
        return 1;
    }
}

void end(int code) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) // they report at exit
    std::exit(code);
#else
    ::_exit(code);
#endif
}

} // namespace hearth::worker
