// SPDX-License-Identifier: Apache-2.0
// The master: reads the configuration, makes the sockets, and keeps the processes. `hearth serve` becomes this program.
#include "config/load.hpp"
#include "listen.hpp"
#include "options.hpp"
#include "plan.hpp"
#include "run_directory.hpp"
#include "service_manager.hpp"
#include "supervisor.hpp"

#include <cstdio>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>

using namespace hearth;
using namespace hearth::master;

namespace {

int refuse(const std::string& why, int status) {
    std::fprintf(stderr, "%s%s", why.c_str(), why.ends_with('\n') ? "" : "\n");
    return status;
}

// Children get limits of their own; the master's number of descriptors doesn't grow with theirs.
void prepare_process() {
    ::umask(077);
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
}

std::string longest_socket(const Plan& plan) {
    std::string longest = "login/gate-test";
    for (const auto& service : plan.services)
        for (const auto& socket : service.unix_sockets)
            if (!socket.path.starts_with('/') && socket.path.size() + 4 > longest.size()) longest = socket.path + ".new";
    return longest;
}

} // namespace

int main(int argc, char** argv) {
    auto activation_sockets = service_manager::take_sockets();
    prepare_process();

    auto options = parse_options({argv, static_cast<std::size_t>(argc)});
    if (!options) return refuse(options.error().text, EX_USAGE);
    const auto self = Self::now();
    const auto loaded = config::load(options->config, {.overrides = options->overrides, .managed = self.managed()});
    if (!loaded.settings) return refuse(loaded.text(), EX_CONFIG);
    auto plan = make_plan(*loaded.settings, self);
    if (!plan) return refuse(plan.error().text, EX_CONFIG);
    if (const auto why = path_complaint(plan->base_dir, longest_socket(*plan)); !why.empty()) return refuse(why, EX_CONFIG);
    auto directory = enter_run_directory(plan->base_dir, plan->managed, plan->login_gid);
    if (!directory) return refuse(directory.error().text, EX_TEMPFAIL);

    boost::asio::io_context io(1);
    LogSink log(io.get_executor());
    if (const auto opened = log.configure(plan->log); !opened) return refuse(opened.error().text, EX_CONFIG);
    for (const auto& note : loaded.notes) log.info("{}: {}", note.origin.text(), note.message);
    Supervisor supervisor(io, log, std::move(*options), std::move(*plan), std::move(*directory));
    if (const auto started = supervisor.start(std::move(activation_sockets)); !started) {
        log.error("{}", started.error().text);
        return EX_UNAVAILABLE;
    }
    io.run();
    return 0;
}
