// SPDX-License-Identifier: Apache-2.0
#include "net/paced_wait.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <optional>
#include <sys/eventfd.h>
#include <unistd.h>

using namespace hearth;
using namespace std::chrono_literals;

namespace {

struct Bell {
    UniqueFd fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    void ring() { REQUIRE(::eventfd_write(fd.get(), 1) == 0); }
    bool take() {
        eventfd_t count = 0;
        return ::eventfd_read(fd.get(), &count) == 0;
    }
};

// Waits once; gives how long that took, and the error.
struct Waited {
    Clock::duration duration{};
    error_code error;
};
Waited wait_once(boost::asio::io_context& io, net::PacedWait& wait, bool found) {
    std::optional<error_code> result;
    const auto begin = Clock::now();
    boost::asio::co_spawn(io, wait.wait(found), [&](std::exception_ptr, error_code error) { result = error; });
    io.restart();
    io.run();
    return {Clock::now() - begin, result.value()};
}

} // namespace

TEST_CASE("what comes now and then is told at once") {
    boost::asio::io_context io(1);
    Bell bell;
    net::PacedWait wait(io.get_executor(), bell.fd.get(), 1h);
    bell.ring();
    CHECK(!wait_once(io, wait, false).error);
    CHECK(bell.take());
}

TEST_CASE("what comes again and again is looked at in steps, and nothing is lost when it ceases") {
    boost::asio::io_context io(1);
    Bell bell;
    net::PacedWait wait(io.get_executor(), bell.fd.get(), 100ms);
    for (int i = 0; i < 2; ++i) { // two in quick succession make a crowd
        bell.ring();
        wait_once(io, wait, i > 0);
        CHECK(bell.take());
    }
    bell.ring();
    CHECK(wait_once(io, wait, true).duration >= 100ms);
    CHECK(bell.take());
    bell.ring(); // it came while nobody watched
    CHECK(!wait_once(io, wait, false).error);
    CHECK(bell.take());
}

TEST_CASE("closing ends the wait, of either kind") {
    boost::asio::io_context io(1);
    Bell bell;
    net::PacedWait wait(io.get_executor(), bell.fd.get(), 1h);
    std::optional<error_code> result;
    boost::asio::co_spawn(io, wait.wait(false), [&](std::exception_ptr, error_code error) { result = error; });
    io.poll();
    CHECK(!result);
    wait.close();
    io.restart();
    io.run();
    CHECK(result.value().failed());
    CHECK(wait_once(io, wait, true).error.failed());
}
