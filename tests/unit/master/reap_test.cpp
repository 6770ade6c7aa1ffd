// SPDX-License-Identifier: Apache-2.0
#include "reap.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace hearth::master;

namespace {

pid_t child_that_exits(int status) {
    const auto pid = ::fork();
    if (pid == 0) ::_exit(status);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT); // it is dead now, and not reaped
    return pid;
}

} // namespace

TEST_CASE("a dead child is shown until it may be reaped, and is a zombie meanwhile") {
    const auto pid = child_that_exits(3);
    bool may = false;
    std::vector<Exit> seen, reaped;
    Reaper reaper([] {}, [&](const Exit& exit) { return seen.push_back(exit), may; }, [&](const Exit& exit) { reaped.push_back(exit); });
    CHECK(reaper.run() == Reaper::Outcome::postponed);
    CHECK(reaper.run() == Reaper::Outcome::postponed);
    CHECK(::kill(pid, 0) == 0); // its pid is taken still
    CHECK(reaped.empty());
    may = true;
    CHECK(reaper.run() == Reaper::Outcome::done);
    CHECK(seen.size() == 3);
    REQUIRE(reaped.size() == 1);
    CHECK(reaped[0].pid == pid);
    CHECK(reaped[0].number == 3);
    CHECK_FALSE(reaped[0].is_clean());
    CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("one child can be reaped while another one has to wait") {
    const auto first = child_that_exits(0);
    const auto second = child_that_exits(0);
    Reaper reaper([] {}, [&](const Exit& exit) { return exit.pid == second; }, [](const Exit&) {});
    CHECK(reaper.run_for(first) == Reaper::Outcome::postponed);
    CHECK(reaper.run_for(second) == Reaper::Outcome::more);
    CHECK(::kill(first, 0) == 0);
    CHECK(::kill(second, 0) == -1);
    CHECK(::waitpid(first, nullptr, 0) == first);
}

TEST_CASE("what a child says and dies of while another one is reaped is heard before its own death is looked at") {
    const auto first = child_that_exits(0);
    int said[2], go[2];
    REQUIRE(::pipe2(said, O_NONBLOCK) == 0);
    REQUIRE(::pipe(go) == 0);
    const auto second = ::fork();
    if (second == 0) {
        char byte = 0;
        ::_exit(::read(go[0], &byte, 1) == 1 && ::write(said[1], "x", 1) == 1 ? 0 : 1);
    }
    std::vector<pid_t> order;
    const auto hear = [&] {
        for (char byte = 0; ::read(said[0], &byte, 1) == 1;) order.push_back(0);
    };
    const auto reaped = [&](const Exit& exit) {
        order.push_back(exit.pid);
        if (exit.pid != first) return;
        siginfo_t info{};
        REQUIRE(::write(go[1], "x", 1) == 1);
        ::waitid(P_PID, static_cast<id_t>(second), &info, WEXITED | WNOWAIT);
    };
    Reaper reaper(hear, [](const Exit&) { return true; }, reaped);
    CHECK(reaper.run() == Reaper::Outcome::done);
    CHECK(order == std::vector<pid_t>{first, 0, second});
    for (const int fd : {said[0], said[1], go[0], go[1]}) ::close(fd);
}

TEST_CASE("the end of a process is told in words") {
    CHECK(Exit{.pid = 1, .by_signal = false, .core_dumped = false, .number = 1}.text() == "exited with status 1");
    CHECK(Exit{.pid = 1, .by_signal = true, .core_dumped = true, .number = SIGSEGV}.text() == "killed by signal 11 (SIGSEGV), core dumped");
    CHECK(Exit{.pid = 1, .by_signal = true, .core_dumped = false, .number = SIGRTMIN + 5}.text().find("unknown") != std::string::npos);
}
