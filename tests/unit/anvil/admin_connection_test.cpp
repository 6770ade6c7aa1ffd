// SPDX-License-Identifier: Apache-2.0
// The administrator's socket: bounded lines, long lists in parts.
#include "shell.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

// GCC 12 at -O2 takes the frames of coroutines that it inlined for allocated by one and freed by another operator.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;

TEST_CASE("an administrator's line has an end, or the connection has") {
    Shell shell;
    auto story = [&]() -> asio::awaitable<void> {
        auto admin = asio::posix::stream_descriptor(shell.context, shell.connect("admin", net::stream).release());
        const std::string endless(8192, 'x');
        co_await asio::async_write(admin, asio::buffer(endless), asio::use_awaitable);
        char c = 0;
        const auto [error, size] =
            co_await admin.async_read_some(asio::buffer(&c, 1), asio::as_tuple(asio::use_awaitable));
        CHECK(error);
    };
    shell.run(story());
}

namespace {

constexpr std::uint32_t crowd = 10'000;

void fill(Ledger& ledger) {
    const auto now = Clock::now();
    ledger.limits({"imap", 2 * crowd, 1, 1}, now);
    for (std::uint32_t pid = 1; pid <= crowd; ++pid) {
        ledger.started({pid, "imap"}, now);
        auto report = Shell::worker("user" + std::to_string(pid));
        report.sequence = 1;
        report.memory_kib = 600;
        if (pid % 10 == 0) report.sessions = {{session_id(pid), "192.0.2.1"}};
        REQUIRE(ledger.report(report, pid, now) == Reception::applied);
    }
}

std::chrono::milliseconds processor_time() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::milliseconds(time.tv_nsec / 1'000'000);
}

// Reads an answer to its end; how many lines it has.
asio::awaitable<std::size_t> count_lines(asio::posix::stream_descriptor& socket) {
    std::string input;
    std::size_t lines = 0;
    while (input.find("{\"end\":true}") == std::string::npos) {
        char buffer[65536];
        const auto got = co_await socket.async_read_some(asio::buffer(buffer), asio::use_awaitable);
        lines += static_cast<std::size_t>(std::count(buffer, buffer + got, '\n'));
        input.erase(0, input.size() > 100 ? input.size() - 100 : 0);
        input.append(buffer, got);
    }
    co_return lines;
}

} // namespace

TEST_CASE("ten thousand workers are listed in parts, well within a second, and logins are answered meanwhile") {
    Shell shell;
    shell.introduce(2 * crowd);
    shell.tracker->catch_up();
    fill(shell.tracker->ledger());
    auto story = [&]() -> asio::awaitable<void> {
        auto admin = asio::posix::stream_descriptor(shell.context, shell.connect("admin", net::stream).release());
        const auto began = processor_time();
        const std::string request = "{\"cmd\":\"who\"}\n";
        co_await admin.async_write_some(asio::buffer(request), asio::use_awaitable);
        co_await read_line(admin); // the list has begun; nobody reads on, so it can't go on either
        auto login = shell.connect_frames("login");
        login->send(wire::encode(ask(1, "user7")));
        const auto route = co_await read_route(*login);
        CHECK(route.pids == Pids{7});
        const auto lines = co_await count_lines(admin);
        const auto spent = processor_time() - began;
        MESSAGE("who: ", crowd, " workers, ms of processor: ", spent.count());
        CHECK(lines == crowd); // all but the first, and the end
        CHECK(spent < 1s);
        const auto top_began = processor_time();
        const std::string top = "{\"cmd\":\"top\",\"limit\":50}\n";
        co_await admin.async_write_some(asio::buffer(top), asio::use_awaitable);
        const auto top_lines = co_await count_lines(admin);
        MESSAGE("top: 50 of ", crowd, " users, ms of processor: ", (processor_time() - top_began).count());
        CHECK(top_lines == 1 + 50 + 1);
    };
    shell.run(story());
}
