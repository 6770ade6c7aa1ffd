// SPDX-License-Identifier: Apache-2.0
// The glue to the worker framework, over a real socket pair.
#include "client_connection.hpp"
#include "serve.hpp"
#include "session.hpp"
#include "tests/unit/imap/fake_account.hpp"
#include "worker/session_state.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>
#include <optional>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;
using namespace std::chrono_literals;

namespace {

/// A worker's session and the client at its other end.
struct Pair {
    explicit Pair(asio::io_context& io, std::string pipelined = "") {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        client.reset(ends[1]);
        worker::SessionFacts facts;
        auto identity = std::make_shared<protocol::Identity>();
        identity->user = "alice";
        facts.identity = identity;
        facts.login_tag = "L1";
        facts.settings = &settings;
        state =
            std::make_shared<worker::Session::State>(io.get_executor(), facts, std::move(pipelined), UniqueFd(ends[0]));
        REQUIRE(state->begin());
    }
    worker::Session session() { return worker::Session(state); }
    void say(std::string_view text) {
        REQUIRE(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    }
    std::string heard() {
        char bytes[65536];
        const auto size = ::recv(client.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : "";
    }

    config::Snapshot settings;
    UniqueFd client;
    std::shared_ptr<worker::Session::State> state;
};

void run(asio::io_context& io, asio::awaitable<void> work) {
    asio::co_spawn(io, std::move(work), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}

} // namespace

TEST_CASE("a household opens the account once and serves session after session") {
    asio::io_context io(1);
    int opened = 0;
    Household household([&](const worker::Session& session) -> Checked<std::unique_ptr<store::Account>> {
        CHECK(session.user() == "alice");
        ++opened;
        return std::unique_ptr<store::Account>(std::make_unique<FakeAccount>());
    });
    for (int i = 0; i < 3; ++i) {
        Pair pair(io, "1 SELECT INBOX\r\n");
        pair.say("2 LOGOUT\r\n");
        io.restart();
        run(io, household.serve(pair.session()));
        const auto heard = pair.heard();
        CHECK(heard.starts_with("L1 OK [CAPABILITY IMAP4rev1 "));
        CHECK(heard.ends_with("1 OK [READ-WRITE] Select completed.\r\n"));
        CHECK(pair.state->last_bytes == "* BYE Logging out\r\n2 OK Logout completed.\r\n");
        household.went_idle();
    }
    CHECK(opened == 1);
}

TEST_CASE("a mail store that can't be opened answers the login command") {
    asio::io_context io(1);
    Household household(
        [](const worker::Session&) -> Checked<std::unique_ptr<store::Account>> { return Complaint{"no disk"}; });
    Pair pair(io);
    run(io, household.serve(pair.session()));
    CHECK(pair.state->last_bytes.starts_with("L1 NO [UNAVAILABLE] "));
}

TEST_CASE("a session that is ended from outside says BYE") {
    asio::io_context io(1);
    Household household([](const worker::Session&) -> Checked<std::unique_ptr<store::Account>> {
        return std::unique_ptr<store::Account>(std::make_unique<FakeAccount>());
    });
    Pair pair(io);
    asio::co_spawn(io, household.serve(pair.session()), [](std::exception_ptr) {});
    while (pair.heard().empty())
        io.run_one();
    pair.state->end();
    io.run();
    CHECK(pair.state->last_bytes.starts_with("* BYE [UNAVAILABLE] "));
}

TEST_CASE("a silent client is hung up on with a reason") {
    asio::io_context io(1);
    Pair pair(io);
    FakeAccount account;
    RenderedItems rendered;
    ClientConnection connection(pair.session(), 20ms);
    imap::Session session(account, connection, rendered, {.login_tag = "L1"});
    std::optional<Ended> ended;
    auto done = [&](std::exception_ptr failure, Ended result) {
        CHECK(!failure);
        ended = std::move(result);
    };
    asio::co_spawn(io, session.run(), std::move(done));
    io.run();
    REQUIRE(ended);
    CHECK(ended->reason == "Disconnected for inactivity");
    CHECK(ended->final_bytes == "* BYE Disconnected for inactivity.\r\n");
}

TEST_CASE("waiting ends with input, with the watch, or in time") {
    asio::io_context io(1);
    Pair pair(io);
    ClientConnection connection(pair.session(), 1h);
    UniqueFd bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    std::optional<Wake> wake;
    const auto wait = [&](int watch, std::chrono::milliseconds timeout) {
        wake.reset();
        io.restart();
        asio::co_spawn(io, connection.wait(watch, timeout), [&](std::exception_ptr failure, Wake result) {
            CHECK(!failure);
            wake = result;
        });
        while (!wake)
            io.run_one();
        return *wake;
    };
    CHECK(wait(bell.get(), 1ms) == Wake::timeout);
    CHECK(wait(-1, 1ms) == Wake::timeout);
    REQUIRE(::eventfd_write(bell.get(), 1) == 0);
    CHECK(wait(bell.get(), 1h) == Wake::watch);
    eventfd_t ignored;
    REQUIRE(::eventfd_read(bell.get(), &ignored) == 0);
    pair.say("DONE\r\n");
    CHECK(wait(bell.get(), 1h) == Wake::input);
    CHECK(wait(-1, 1h) == Wake::input);
}
