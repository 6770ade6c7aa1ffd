// SPDX-License-Identifier: Apache-2.0
// What of the order of words is decided by sockets: reports, lookups, the master's link, the end of any of them.
#include "shell.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <sys/socket.h>
#include <unistd.h>

// GCC 12 at -O2 takes the frames of coroutines that it inlined for allocated by one and freed by another operator.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;
using wire::Verdict;

// Reports and lookups travel on different sockets. One click: the worker reports BUSY and IDLE, then the client is
// back. The lookup must never overtake the report, whatever else is in the queue and whichever socket is looked at
// first.
TEST_CASE("an IDLE that was sent before a lookup is always seen by it") {
    constexpr int streams = 8;
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__)
    constexpr int rounds = 12'000;
#else
    constexpr int rounds = 3'000;
#endif
    Shell shell;
    shell.introduce(10);
    REQUIRE(shell.send(wire::Started{static_cast<std::uint32_t>(::getpid()), "imap"}));
    std::vector<std::unique_ptr<net::FrameStream>> logins;
    for (int i = 0; i < streams; ++i)
        logins.push_back(shell.connect_frames("login"));

    auto report = Shell::worker("alice");
    int late = 0, noise = 0;
    auto clicks = [&]() -> asio::awaitable<void> {
        for (int round = 0; round < rounds; ++round) {
            auto& login = *logins[static_cast<std::size_t>(round % streams)];
            report.sessions = {{session_id(1'000'000U + static_cast<std::uint32_t>(round)), "192.0.2.1"}};
            report.accepts = false;
            ++report.sequence;
            ++report.served;
            if (!shell.send(report)) ++noise;
            // Anvil knows it as busy once this is answered.
            login.send(wire::encode(wire::LoginMessage(wire::NoneTook{1})));
            auto route = co_await read_route(login);
            // The login's socket becomes readable before the worker's last word is sent, so anvil looks there first.
            login.send(wire::encode(wire::LoginMessage(wire::Cancel{1})));
            report.ended = {report.sessions[0].id};
            report.sessions.clear();
            report.accepts = true;
            ++report.sequence;
            CHECK(shell.send(report));
            const auto id = static_cast<std::uint32_t>(round) + 2;
            login.send(wire::encode(ask(id, "alice")));
            route = co_await read_route(login);
            if (route.verdict != Verdict::candidates || shell.tracker->ledger().counters().busy > 0) ++late;
            login.send(wire::encode(wire::LoginMessage(wire::Cancel{id})));
        }
    };
    shell.run(clicks());
    CHECK(late == 0);
    CHECK(noise == 0);
    CHECK(shell.tracker->ledger().counters().warm == static_cast<std::uint64_t>(rounds));
}

TEST_CASE("a report that was sent before a login's stream ended counts before its leases end") {
    Shell shell;
    shell.introduce(1);
    const auto pid = static_cast<std::uint32_t>(::getpid());
    CHECK(shell.send(wire::Started{pid, "imap"}));
    auto story = [&]() -> asio::awaitable<void> {
        auto login = shell.connect_frames("login");
        auto other = shell.connect_frames("login");
        login->send(wire::encode(ask(1, "alice")));
        auto route = co_await read_route(*login);
        CHECK(route.verdict == Verdict::cold);
        other->send(wire::encode(ask(2, "bob")));
        route = co_await read_route(*other);
        CHECK(route.verdict == Verdict::wait);

        login->send(wire::encode(wire::LoginMessage(wire::Cancel{99}))); // anvil looks here first
        auto report = Shell::worker("alice");
        report.sequence = 1;
        report.sessions = {{session_id(1), "192.0.2.1"}};
        CHECK(shell.send(report)); // the slot has become a worker
        login->close();            // and is not free when the login that asked for it goes
        while (shell.tracker->login_count() == 2)
            co_await asio::post(asio::use_awaitable);
        other->send(wire::encode(wire::LoginMessage(wire::NoneTook{2})));
        route = co_await read_route(*other);
        CHECK(route.verdict == Verdict::wait);
    };
    shell.run(story());
}

TEST_CASE("who waits is answered when a slot is free, on the same stream") {
    Shell shell;
    shell.introduce(1);
    auto story = [&]() -> asio::awaitable<void> {
        auto first = shell.connect_frames("login");
        auto second = shell.connect_frames("login");
        first->send(wire::encode(ask(1, "alice")));
        auto route = co_await read_route(*first);
        CHECK(route.verdict == Verdict::cold);
        second->send(wire::encode(ask(7, "bob")));
        route = co_await read_route(*second);
        CHECK(route.verdict == Verdict::wait);
        first->close(); // its slot is free again
        route = co_await read_route(*second);
        CHECK(route.id == 7);
        CHECK(route.verdict == Verdict::cold);
    };
    shell.run(story());
}

TEST_CASE("lookups held for a silent process of the roster are answered by the timer") {
    Shell shell;
    CHECK(shell.send(wire::Roster{1, 0, 1, {{1, "imap"}}}));
    CHECK(shell.send(wire::ServiceLimits{"imap", 1, 1, 1}));
    auto story = [&]() -> asio::awaitable<void> {
        auto login = shell.connect_frames("login");
        const auto asked = Clock::now();
        login->send(wire::encode(ask(1, "alice")));
        const auto route = co_await read_route(*login);
        CHECK(route.why == wire::Cold::restarting);
        CHECK(Clock::now() - asked >= gather_time - 50ms);
    };
    shell.run(story());
}

TEST_CASE("only the master's datagrams start, end or list processes") {
    Shell shell(::getppid());
    shell.introduce(10);
    auto story = [&]() -> asio::awaitable<void> {
        CHECK(shell.send(wire::Started{4711, "imap"}));
        CHECK(shell.send(wire::Exited{4711}));
        auto admin = asio::posix::stream_descriptor(shell.context, shell.connect("admin", net::stream).release());
        const std::string request = "{\"cmd\":\"stats\"}\n";
        co_await admin.async_write_some(asio::buffer(request), asio::use_awaitable);
        const auto line = co_await read_line(admin);
        CHECK(line.find("\"not-master\":4") != std::string::npos);
    };
    shell.run(story());
    CHECK_FALSE(shell.tracker->ledger().is_restored());
}

TEST_CASE("datagrams that are no reports, or carry descriptors, are dropped, and the descriptors closed") {
    Shell shell;
    shell.introduce(10);
    const auto raw = shell.connect("report", net::datagram);
    CHECK(net::send_message(raw.get(), "garbage"));
    CHECK(net::send_message(raw.get(), ""));
    auto pair = net::socket_pair(net::stream).value();
    const int fd = pair.second.get();
    const auto started = wire::encode(wire::Report(wire::Started{4711, "imap"}));
    CHECK(net::send_message(raw.get(), started, std::span(&fd, 1)));
    pair.second.reset();
    auto story = [&]() -> asio::awaitable<void> {
        auto login = shell.connect_frames("login");
        login->send(wire::encode(ask(1, "alice")));
        co_await read_route(*login);
    };
    shell.run(story());
    CHECK(shell.tracker->ledger().counters().reports[static_cast<std::size_t>(Reception::malformed)] == 3);
    CHECK(shell.tracker->ledger().worker_count() == 0);
    CHECK(net::receive_message(pair.first.get(), 1)->bytes.empty()); // end of file: nobody has the other end
}

TEST_CASE("the master asks for idle workers, and hears demands and kicks") {
    Shell shell;
    shell.introduce(1);
    const auto pid = static_cast<std::uint32_t>(::getpid());
    CHECK(shell.send(wire::Started{pid, "imap"}));
    auto report = Shell::worker("alice");
    report.sequence = 1;
    CHECK(shell.send(report));
    auto story = [&]() -> asio::awaitable<void> {
        auto master = shell.connect_frames("master");
        master->send(wire::encode(wire::MasterMessage(wire::Evictable{5, "imap", 3})));
        auto frame = co_await master->read();
        auto push = wire::decode_master_push(frame->bytes).value();
        CHECK(std::get<wire::Evictees>(push).id == 5);
        CHECK(std::get<wire::Evictees>(push).pids == Pids{pid});

        auto login = shell.connect_frames("login");
        login->send(wire::encode(ask(1, "bob")));
        const auto route = co_await read_route(*login);
        CHECK(route.verdict == Verdict::wait);
        frame = co_await master->read();
        push = wire::decode_master_push(frame->bytes).value();
        CHECK(std::get<wire::Demand>(push).waiting == 1);

        report.sequence = 2;
        report.sessions = {{session_id(0x0a0b0c0d), "192.0.2.1"}};
        CHECK(shell.send(report));
        auto admin = asio::posix::stream_descriptor(shell.context, shell.connect("admin", net::stream).release());
        const std::string request = "{\"cmd\":\"kick\",\"user\":\"al*\"}\n{\"cmd\":\"who\"}\nnonsense\n";
        co_await admin.async_write_some(asio::buffer(request), asio::use_awaitable);
        auto line = co_await read_line(admin);
        CHECK(line == "{\"kicked\":1}\n");
        line = co_await read_line(admin);
        CHECK(line == "{\"end\":true}\n");
        line = co_await read_line(admin);
        CHECK(line.find("\"user\":\"alice\"") != std::string::npos);
        line = co_await read_line(admin);
        CHECK(line == "{\"end\":true}\n");
        line = co_await read_line(admin);
        CHECK(line.find("\"error\"") != std::string::npos);
        frame = co_await master->read();
        push = wire::decode_master_push(frame->bytes).value();
        CHECK(std::get<wire::Kick>(push).pid == pid);
        CHECK(std::get<wire::Kick>(push).session_word == 0x0a0b0c0d);
    };
    shell.run(story());
}

TEST_CASE("who isn't the master is thrown off the master's socket; a login that talks nonsense off its own") {
    Shell shell(::getppid());
    auto story = [&]() -> asio::awaitable<void> {
        auto master = shell.connect_frames("master");
        auto frame = co_await master->read();
        CHECK(frame.has_error());
        auto login = shell.connect_frames("login");
        login->send("nonsense");
        frame = co_await login->read();
        CHECK(frame.has_error());
        CHECK(shell.tracker->login_count() == 0);
    };
    shell.run(story());
}

TEST_CASE("once the master is gone nobody new is served, and the end of the last login is told") {
    Shell shell;
    shell.introduce(10);
    bool told = false;
    auto story = [&]() -> asio::awaitable<void> {
        auto login = shell.connect_frames("login");
        login->send(wire::encode(ask(1, "alice")));
        auto route = co_await read_route(*login);
        shell.tracker->stop_listening();
        shell.tracker->when_no_login_is_left([&] { told = true; });
        login->send(wire::encode(ask(2, "alice")));
        route = co_await read_route(*login);
        CHECK(route.verdict == Verdict::cold);
        CHECK_FALSE(told);
        CHECK(net::connect_unix(shell.path("login"), net::stream).has_error());
    };
    shell.run(story());
    while (!told)
        shell.context.run_one();
    CHECK(shell.tracker->login_count() == 0);
}
