// SPDX-License-Identifier: Apache-2.0
#include "launch.hpp"
#include "process_v2.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace hearth::master {
namespace {

namespace process = boost::process::v2;

// The launcher forks, and its parent's half waits on a pipe for the exec. Its child's half would call exit() on failure,
// which runs the master's own destructors in the child, and puts its pipe wherever descriptors are to go; therefore the
// initializer does all of it and never returns.
struct BecomeProgram {
    ChildSetup& setup;

    template <class Launch>
    boost::system::error_code on_exec_setup(Launch& launch, const process::filesystem::path&, const char* const*&) {
        setup.become_program(launch.fd_whitelist.back()); // what the launcher pushed last is its error pipe
        return {};
    }
};

} // namespace

// A context of its own: the launcher tells its context of the fork, and there is nothing to rebuild in this one.
struct Launcher::Context {
    boost::asio::io_context io{1};
};

Launcher::Launcher() : context_(std::make_unique<Context>()) {}
Launcher::~Launcher() = default;

Result<pid_t> Launcher::launch(const LaunchSpec& spec) {
    ChildSetup setup(spec);
    process::posix::default_launcher launcher;
    error_code error;
    BecomeProgram become{setup};
    auto child = launcher(context_->io.get_executor(), error, process::filesystem::path("/proc/self/exe"),
        std::vector<std::string>(), become);
    child.detach();
    if (!error) return launcher.pid;
    if (launcher.pid > 0)
        while (::waitpid(launcher.pid, nullptr, 0) < 0 && errno == EINTR) {}
    return error;
}

} // namespace hearth::master
