// SPDX-License-Identifier: Apache-2.0
#include "net/frame_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

using namespace hearth;

namespace {

struct Pair {
    boost::asio::io_context io{1};
    std::optional<net::FrameStream> near, far;
    Pair() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
        near.emplace(io.get_executor(), UniqueFd(ends[0]));
        far.emplace(io.get_executor(), UniqueFd(ends[1]));
    }
    std::optional<Result<net::Frame>> read() {
        std::optional<Result<net::Frame>> got;
        boost::asio::co_spawn(
            io, far->read(), [&](std::exception_ptr, Result<net::Frame> frame) { got = std::move(frame); });
        io.restart();
        while (!got && io.poll_one() > 0) {
        }
        return got;
    }
    // What is in the socket, unread.
    std::size_t arrived() {
        char bytes[4096];
        const auto size = ::recv(far->native_handle(), bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
        return size > 0 ? static_cast<std::size_t>(size) : 0;
    }
};

} // namespace

TEST_CASE("frames come whole and in order, with their descriptors") {
    Pair pair;
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    pair.near->send("one");
    pair.near->send("two", UniqueFd(pipe_ends[0]));
    pair.near->send("");
    ::close(pipe_ends[1]);
    const auto one = pair.read(), two = pair.read(), three = pair.read();
    CHECK((*one)->bytes == "one");
    CHECK(!(*one)->fd);
    CHECK((*two)->bytes == "two");
    CHECK((*two)->fd);
    CHECK((*three)->bytes.empty());
}

TEST_CASE("a frame for later goes with the next one") {
    Pair pair;
    pair.near->send_later("done");
    CHECK(pair.arrived() == 0);
    pair.near->send("next");
    CHECK(pair.arrived() == 4 + 4 + 4 + 4);
    const auto first = pair.read(), second = pair.read();
    CHECK((*first)->bytes == "done");
    CHECK((*second)->bytes == "next");
}

TEST_CASE("frames for later don't wait for ever, and go before a descriptor") {
    Pair pair;
    for (std::size_t i = 0; i < net::FrameStream::later_max; ++i)
        pair.near->send_later("x");
    CHECK(pair.arrived() == net::FrameStream::later_max * 5);
    for (std::size_t i = 0; i < net::FrameStream::later_max; ++i) {
        const auto got = pair.read();
        CHECK((*got)->bytes == "x");
    }
    pair.near->send_later("y");
    pair.near->send("z", UniqueFd(::dup(0)));
    const auto y = pair.read(), z = pair.read();
    CHECK((*y)->bytes == "y");
    CHECK(!(*y)->fd);
    CHECK((*z)->bytes == "z");
    CHECK((*z)->fd);
}
