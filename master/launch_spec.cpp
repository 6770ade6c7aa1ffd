// SPDX-License-Identifier: Apache-2.0
#include "launch_spec.hpp"
#include "protocol/service.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

namespace hearth::master {
namespace {

using config::ServiceKind;
namespace names = protocol::service;

// A client in login: its socket, two ends of a relay, the offer connection, the grant; and the copies of both in offers
// that were abandoned in a backlog count for the sender too (ETOOMANYREFS).
constexpr rlim_t files_per_login_client = 8;
constexpr rlim_t files_per_client = 4;
constexpr rlim_t files_of_a_process = 256; // listeners, databases, mail files of one command
constexpr rlim_t files_min = 1024;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool address_space_is_limited = false; // its shadow memory alone is terabytes
#else
constexpr bool address_space_is_limited = true;
#endif

void add_environment(LaunchSpec& spec, const Plan& plan, const ServicePlan& service, const LaunchContext& context) {
    auto& environment = spec.environment;
    const auto set = [&environment](std::string_view name, const auto& value) {
        environment.push_back(fmt::format("{}={}", name, value));
    };
    set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    set("LANG", "C.UTF-8");
    if (const char* zone = std::getenv("TZ")) set("TZ", zone); // INTERNALDATE shows it
    set("NOTIFY_SOCKET", plan.base_dir + "/notify");
    set(names::env_service, service.name);
    set(names::env_generation, context.generation);
    set(names::env_base_dir, plan.base_dir);
    set(names::env_instance, plan.managed ? "managed" : "private");
    set(names::env_master_pid, context.master_pid);
    if (!service.chroot.empty()) set(names::env_chroot, service.chroot);
    if (service.uid && !service.drop_before_exec) {
        set(names::env_uid, *service.uid);
        set(names::env_gid, service.gid.value_or(*service.uid));
        set(names::env_groups, fmt::format("{}", fmt::join(service.groups, ",")));
    }
    if (service.kind == ServiceKind::worker || service.kind == ServiceKind::login) set(names::env_auth_uid, plan.auth_uid);
    if (service.kind == ServiceKind::worker && plan.managed) set(names::env_login_gid, plan.login_gid);
    if (!service.process_listener.empty()) set(names::env_gate, service.process_listener);
    if (service.kind == ServiceKind::anvil) set(names::env_epoch, context.epoch);
    if (context.zygote) {
        set(names::env_start, names::start_as_zygote);
        set("LD_BIND_NOW", 1); // once for all: else each worker looks up symbols, and copies the pages they are written to
    }
#if defined(__SANITIZE_ADDRESS__)
    for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
        if (const char* value = std::getenv(name)) set(name, value);
#endif
}

} // namespace

rlim_t open_files_needed(const ServicePlan& service) {
    const auto each = service.kind == ServiceKind::login ? files_per_login_client : files_per_client;
    return std::max(files_min, files_of_a_process + each * service.client_limit);
}

LaunchSpec make_launch_spec(const Plan& plan, const ServicePlan& service, const LaunchContext& context) {
    LaunchSpec spec;
    spec.program = service.program->fd.get();
    spec.program_path = service.program->path;
    spec.arguments.push_back("hearth/" + service.name);
    spec.arguments.insert(spec.arguments.end(), service.arguments.begin(), service.arguments.end());
    spec.descriptors.emplace_back(names::fd_settings, context.settings);
    spec.descriptors.emplace_back(names::fd_life, context.life);
    if (service.kind == ServiceKind::anvil || service.kind == ServiceKind::auth)
        spec.descriptors.emplace_back(names::fd_key, context.key);
    spec.descriptors.insert(spec.descriptors.end(), context.listeners.begin(), context.listeners.end());
    spec.input = context.null;
    spec.output = context.log;
    spec.directory = plan.base_dir;
    spec.capabilities = service.capabilities;
    spec.open_files = open_files_needed(service);
    spec.core_bytes = 0;
    if (address_space_is_limited && service.address_space_bytes != config::unlimited)
        spec.address_space = service.address_space_bytes;
    if (context.reset_oom_score && (service.kind == ServiceKind::worker || service.kind == ServiceKind::login))
        spec.oom_score_adj = 0;
    if (service.drop_before_exec && service.uid)
        spec.user = LaunchSpec::User{*service.uid, service.gid.value_or(*service.uid), service.groups};
    add_environment(spec, plan, service, context);
    return spec;
}

} // namespace hearth::master
