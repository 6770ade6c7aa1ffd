// SPDX-License-Identifier: Apache-2.0
// serve(): from what the master's contract gives a process (environment and descriptors) to READY, and to the end.
#include "fake_instance.hpp"
#include "net/unix_socket.hpp"
#include "protocol/service.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::worker;
using namespace hearth::worker::fake;
using namespace hearth::protocol::service;

namespace {

// What a master does between fork and exec; then runs the program's main() in place of the exec.
[[noreturn]] void be_the_program(const std::string& directory, std::array<int, 3> given) {
    for (auto& fd : given)
        fd = ::fcntl(fd, F_DUPFD, 200);
    int place = 3;
    for (const int fd : given)
        ::dup2(fd, place++);
    ::setenv("LISTEN_FDS", "3", 1);
    ::setenv("LISTEN_FDNAMES", "settings:life:login/imap", 1);
    ::setenv("NOTIFY_SOCKET", (directory + "/notify").c_str(), 1);
    ::setenv(env_service, "imap", 1);
    ::setenv(env_generation, "5", 1);
    ::setenv(env_base_dir, directory.c_str(), 1);
    ::setenv(env_instance, "private", 1);
    ::setenv(env_gate, "login/imap-%{pid}", 1);
    if (::chdir(directory.c_str()) != 0) ::_exit(97);
    ::_exit(serve("imap", handle));
}

} // namespace

TEST_CASE("serve() is ready with what the master gives, hears the master's signals, and ends with 0") {
    const Instance instance; // for its directory and anvil's socket
    const auto& directory = instance.directory();
    const auto notify = net::listen_unix(directory + "/notify", net::datagram, 0666, 0).value();
    const auto shared = net::listen_unix(directory + "/login/serve", net::sequenced, 0600, 4).value();
    const UniqueFd settings(::memfd_create("settings", MFD_CLOEXEC));
    int life[2];
    REQUIRE(::pipe2(life, O_CLOEXEC) == 0);
    const UniqueFd life_read(life[0]), life_write(life[1]);
    const auto notice = [&] {
        REQUIRE(wait_for(notify.get()));
        return net::receive_message(notify.get(), 512).value().bytes;
    };

    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) be_the_program(directory, {settings.get(), life_read.get(), shared.get()});
    CHECK(notice() == "READY=1");
    const auto gate = net::connect_unix(instance.gate_path(child), net::sequenced);
    CHECK((gate.has_value() ? is_root() : gate.error().value() == EACCES)); // there, and shut
    sigval sequence{};
    sequence.sival_int = 9;
    REQUIRE(::sigqueue(child, signal_leave(), sequence) == 0);
    CHECK(notice() == "HEARTH_STATE=leaving\nHEARTH_REASON=evicted\nHEARTH_SEQ=9");
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a worker that no master started says so and ends with 1") {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::unsetenv(env_service);
        ::_exit(serve("imap", handle));
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) == 1);
}
