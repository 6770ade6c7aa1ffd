// SPDX-License-Identifier: Apache-2.0
#include "reap.hpp"

#include <csignal>
#include <doctest/doctest.h>
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
    Reaper reaper([&](const Exit& exit) { return seen.push_back(exit), may; }, [&](const Exit& exit) { reaped.push_back(exit); });
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
    Reaper reaper([&](const Exit& exit) { return exit.pid == second; }, [](const Exit&) {});
    CHECK(reaper.run_for(first) == Reaper::Outcome::postponed);
    CHECK(reaper.run_for(second) == Reaper::Outcome::more);
    CHECK(::kill(first, 0) == 0);
    CHECK(::kill(second, 0) == -1);
    CHECK(::waitpid(first, nullptr, 0) == first);
}

TEST_CASE("the end of a process is told in words") {
    CHECK(Exit{.pid = 1, .by_signal = false, .core_dumped = false, .number = 1}.text() == "exited with status 1");
    CHECK(Exit{.pid = 1, .by_signal = true, .core_dumped = true, .number = SIGSEGV}.text() == "killed by signal 11 (SIGSEGV), core dumped");
    CHECK(Exit{.pid = 1, .by_signal = true, .core_dumped = false, .number = SIGRTMIN + 5}.text().find("unknown") != std::string::npos);
}
