// SPDX-License-Identifier: Apache-2.0
// A process that the master started, played by a child of this program.
#include "process/start.hpp"
#include "net/unix_socket.hpp"
#include "protocol/service.hpp"
#include "temporary_directory.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::protocol::service;

namespace {

[[noreturn]] void get_ready(const std::string& directory) {
    const int moved = ::fcntl(STDERR_FILENO, F_DUPFD, 200);
    ::dup2(moved, 3);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_FDNAMES", "log", 1);
    ::setenv("NOTIFY_SOCKET", (directory + "/notify").c_str(), 1);
    ::setenv(env_service, "imap-login", 1);
    ::setenv(env_base_dir, directory.c_str(), 1);
    ::setenv(env_instance, "private", 1);
    try {
        process::Start::take().say_ready();
        ::_exit(0);
    } catch (const std::exception&) {
        ::_exit(8);
    }
}

// The state of process(5)'s stat: S sleeps, Z has ended.
char state_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name;
    char state = '?';
    file >> number >> name >> state;
    return state;
}

} // namespace

// net.unix.max_dgram_qlen is 10 unless somebody raised it, and sixteen logins get ready at the same moment.
TEST_CASE("READY waits for room in the master's queue") {
    test::WorkingDirectory directory;
    const auto notify = net::listen_unix("notify", net::datagram, 0600, 0).value();
    const auto others = net::connect_unix("notify", net::datagram).value();
    int crowd = 0;
    while (net::send_message(others.get(), "STATUS=one of many")) ++crowd;
    REQUIRE(crowd > 0);

    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) get_ready(directory.path());
    for (char state = 'R'; state != 'S' && state != 'Z'; state = state_of(pid)) ::sched_yield();
    for (; crowd > 0; --crowd) REQUIRE(net::receive_message(notify.get(), 512).value().bytes == "STATUS=one of many");

    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
    const auto said = net::receive_message(notify.get(), 512);
    REQUIRE(said.has_value());
    CHECK(said->bytes == "READY=1");
}
