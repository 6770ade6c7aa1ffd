// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hearth::master;

TEST_CASE("the signal of a child's death names the child") {
    sigset_t before;
    ::sigprocmask(SIG_BLOCK, nullptr, &before);
    boost::asio::io_context io;
    int seen = 0;
    pid_t about = 0;
    Signals signals(io.get_executor(), [&](int signal, pid_t sender) {
        seen = signal;
        about = sender;
        io.stop();
    });
    REQUIRE(signals.open({SIGCHLD}));
    const auto child = ::fork();
    if (child == 0) ::_exit(0);
    io.run();
    CHECK(seen == SIGCHLD);
    CHECK(about == child);
    CHECK(::waitpid(child, nullptr, 0) == child);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
}
