// SPDX-License-Identifier: Apache-2.0
// Whole logins, from the client's command to the worker's first byte, with every other process played by the test.
#include "front_fixture.hpp"
#include "offer_loop.hpp"

#include <csignal>
#include <sys/socket.h>
#include <sys/wait.h>

using namespace hearth;
using namespace hearth::login;
using namespace hearth::login::testing;
using protocol::OfferReply;
using protocol::anvil::Cancel;
using protocol::anvil::Cold;
using protocol::anvil::NoneTook;
using protocol::anvil::Silent;
using protocol::anvil::Verdict;
using protocol::auth::Done;
using protocol::auth::Regrant;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

void say(const TakenOffer& offer, std::string_view text) {
    REQUIRE(::send(offer.client.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

/// The worker takes it: everything is as promised, and the client's next words are the worker's.
void serve(Bench& bench, TestClient& client, TakenOffer& offer) {
    const auto grant = offer.read_grant();
    REQUIRE(grant.has_value());
    CHECK(grant->session == bench.session);
    offer.answer(OfferReply::taken);
    say(offer, "a OK Logged in\r\n");
    CHECK(bench.expect(client, "\r\n") == "a OK Logged in\r\n");
    bench.run_until([&] { return bench.front->clients.size() == 0; }, "login forgets the client");
    CHECK(bench.auth_hears_done() == bench.auth_id);
    CHECK(bench.front->auth.open() == 0);
    CHECK(bench.front->anvil.open() == 0);
    // Login's descriptors are gone: when the worker closes, the client sees the end.
    offer.client.reset();
    bench.expect_end(client);
}

} // namespace

TEST_CASE("warm: the first candidate takes the client, and what was pipelined arrives untouched") {
    Bench bench;
    bench.listen(bench.own_gate());
    const auto pipelined = "b SELECT INBOX\r\nc APPEND x {4+}\r\n\0\xff\r\n\r\n"s;
    const auto client = bench.logged_in("a LOGIN alice secret\r\n" + pipelined);
    bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid()});
    auto offer = bench.take_offer(bench.own_gate());
    CHECK(offer.head.session == bench.session);
    CHECK(offer.head.generation == 3);
    CHECK(offer.head.secured);
    CHECK_FALSE(offer.head.shared);
    CHECK(offer.opaque.tag == "a");
    CHECK(offer.opaque.remote_ip == "127.0.0.1");
    CHECK(offer.opaque.local_port == bench.port);
    CHECK(offer.opaque.pipelined == pipelined);
    // What comes now stays in the kernel for the worker.
    client->send("d LOGOUT\r\n");
    bench.settle();
    char buffer[64];
    CHECK(::recv(offer.client.get(), buffer, sizeof buffer, MSG_DONTWAIT) == 10);
    serve(bench, *client, offer);
    CHECK(bench.log() == "<6>\tLogin: user=<alice>, method=PLAIN, rip=127.0.0.1, lip=127.0.0.1, mpid=" +
                             std::to_string(bench.own_pid()) + ", secured, session=<" + bench.session.text() +
                             ">, reuse=warm\n");
}

TEST_CASE("cold: an unbound worker accepts, may take its time before, and its pid is the kernel's word") {
    Bench bench;
    bench.listen("imap");
    const auto client = bench.logged_in();
    bench.route(bench.lookup_id, Verdict::cold, {}, Cold::first);
    bench.run_until([&] { return bench.has_offer("imap"); }, "an offer in the backlog");
    // Longer than 250 ms without ACCEPTED: nothing is read back.
    const auto until = Clock::now() + 2 * answer_timeout;
    bench.run_until([&] { return Clock::now() > until; }, "time");
    auto offer = bench.take_offer("imap");
    CHECK(offer.head.shared);
    offer.answer(OfferReply::accepted);
    serve(bench, *client, offer);
    const auto log = bench.log();
    CHECK(log.find("mpid=" + std::to_string(bench.own_pid()) + ", ") != std::string::npos); // its claim was 1
    CHECK(log.find(", reuse=cold(first)\n") != std::string::npos);
}

TEST_CASE("a busy worker leads to the next candidate with the same grant") {
    Bench bench;
    bench.listen(bench.own_gate());
    const auto client = bench.logged_in();
    bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid(), bench.own_pid()});
    auto first = bench.take_offer(bench.own_gate());
    first.answer(OfferReply::busy);
    auto second = bench.take_offer(bench.own_gate());
    first = TakenOffer();
    serve(bench, *client, second);
    CHECK(bench.auth.received.empty());
}

TEST_CASE("stale gates and impostors are passed over, then a slot is asked for") {
    Bench bench;
    bench.listen("imap");
    bench.listen("imap-1"); // served by us, not by pid 1
    const auto client = bench.logged_in();
    bench.route(bench.lookup_id, Verdict::candidates, {2, 1});
    CHECK(bench.anvil_hears<Silent>().pid == 1);
    CHECK(bench.anvil_hears<NoneTook>().id == bench.lookup_id);
    bench.route(bench.lookup_id, Verdict::cold, {}, Cold::none_idle);
    auto offer = bench.take_offer("imap");
    offer.answer(OfferReply::accepted);
    serve(bench, *client, offer);
    const auto log = bench.log();
    CHECK(log.find("imap-1 is served by pid") != std::string::npos);
    CHECK(log.find("reuse=cold(none-idle)") != std::string::npos);
}

TEST_CASE("a silent worker that hasn't read the grant loses the client after 250 ms, without the client noticing") {
    Bench bench;
    bench.listen(bench.own_gate());
    bench.listen("imap");
    const auto client = bench.logged_in();
    const auto start = Clock::now();
    bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid()});
    auto stopped = bench.take_offer(bench.own_gate());
    CHECK(bench.anvil_hears<Silent>().pid == bench.own_pid());
    CHECK(Clock::now() - start >= answer_timeout);
    CHECK(bench.auth_hears<Regrant>().id == bench.auth_id);
    CHECK_FALSE(stopped.read_grant().has_value()); // it wakes up, and has nothing
    bench.give_grant(bench.auth_id);
    CHECK(bench.anvil_hears<NoneTook>().id == bench.lookup_id);
    bench.route(bench.lookup_id, Verdict::cold, {}, Cold::none_idle);
    auto offer = bench.take_offer("imap");
    offer.answer(OfferReply::accepted);
    stopped = TakenOffer();
    serve(bench, *client, offer);
}

TEST_CASE("an abandoned offer doesn't keep a refused client's connection alive") {
    Bench bench;
    bench.listen(bench.own_gate());
    const auto client = bench.logged_in();
    bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid()});
    const auto stopped = bench.take_offer(bench.own_gate());
    bench.anvil_hears<Silent>();
    bench.auth_hears<Regrant>();
    bench.auth.send(encode(
        protocol::auth::Response(protocol::auth::Failed{bench.auth_id, protocol::auth::Failure::expired, "", ""})));
    bench.expect(*client, "a NO [UNAVAILABLE]");
    CHECK(bench.anvil_hears<Cancel>().id == bench.lookup_id);
    client->send("b LOGOUT\r\n");
    bench.expect(*client, "b OK Logout completed.\r\n");
    bench.expect_end(*client); // though `stopped` still holds the socket
}

TEST_CASE("a silent worker that has read the grant is waited for, and nothing else writes to the client") {
    Bench bench([](Settings& settings) { settings.handover_timeout = 1500ms; });
    bench.listen(bench.own_gate());
    const auto client = bench.logged_in();
    bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid()});
    auto offer = bench.take_offer(bench.own_gate());
    REQUIRE(offer.read_grant().has_value());
    const auto until = Clock::now() + 2 * answer_timeout;
    bench.run_until([&] { return Clock::now() > until; }, "time");
    CHECK(bench.anvil.received.empty());
    SUBCASE("it comes back") {
        offer.answer(OfferReply::taken);
        say(offer, "a OK late\r\n");
        CHECK(bench.expect(*client, "\r\n") == "a OK late\r\n");
        bench.run_until([&] { return bench.front->clients.size() == 0; }, "login forgets the client");
        CHECK(bench.log().find("reuse=warm") != std::string::npos);
    }
    SUBCASE("it doesn't: closed in doubt, the client has read nothing") {
        bench.run_until([&] { return bench.front->clients.size() == 0; }, "login gives up");
        CHECK_FALSE(client->poll());
        CHECK(client->got == "");
        CHECK(bench.log().find("in-doubt") != std::string::npos);
        say(offer, "a OK at last\r\n"); // it is still the only writer
        bench.expect(*client, "a OK at last\r\n");
    }
    SUBCASE("it dies: fresh grant, next worker") {
        bench.listen("imap");
        offer = TakenOffer();
        CHECK(bench.auth_hears<Regrant>().id == bench.auth_id);
        bench.give_grant(bench.auth_id);
        bench.anvil_hears<NoneTook>();
        bench.route(bench.lookup_id, Verdict::cold, {}, Cold::none_idle);
        auto next = bench.take_offer("imap");
        serve(bench, *client, next);
    }
}

TEST_CASE("a worker that dies before it has read the grant costs nothing") {
    Bench bench;
    bench.listen(bench.own_gate());
    const auto client = bench.logged_in();
    bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid(), bench.own_pid()});
    { const auto dies = bench.take_offer(bench.own_gate()); }
    auto next = bench.take_offer(bench.own_gate());
    serve(bench, *client, next);
    CHECK(bench.auth.received.empty()); // the same grant
}

TEST_CASE("a listener that dies with the offer unread is a worker that died") {
    Bench bench;
    bench.listen(bench.own_gate());
    bench.listen("imap");
    const auto client = bench.logged_in();
    bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid()});
    bench.run_until([&] { return bench.has_offer(bench.own_gate()); }, "an offer");
    bench.stop_listening(bench.own_gate());
    CHECK(bench.anvil_hears<NoneTook>().id == bench.lookup_id);
    bench.route(bench.lookup_id, Verdict::cold, {}, Cold::none_idle);
    auto offer = bench.take_offer("imap");
    serve(bench, *client, offer);
}

TEST_CASE("WRONG-USER, STALE and CANNOT use the grant up: a fresh one for the next worker") {
    for (const auto reply : {OfferReply::wrong_user, OfferReply::stale, OfferReply::cannot}) {
        Bench bench;
        bench.listen(bench.own_gate());
        const auto client = bench.logged_in();
        bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid(), bench.own_pid()});
        auto first = bench.take_offer(bench.own_gate());
        REQUIRE(first.read_grant().has_value());
        first.answer(reply, "no home");
        first = TakenOffer();
        CHECK(bench.auth_hears<Regrant>().id == bench.auth_id);
        bench.give_grant(bench.auth_id);
        auto second = bench.take_offer(bench.own_gate());
        serve(bench, *client, second);
        const auto log = bench.log();
        if (reply == OfferReply::wrong_user) CHECK(log.find("<4>") == 0);
        if (reply == OfferReply::cannot) CHECK(log.find("CANNOT (no home)") != std::string::npos);
    }
}

TEST_CASE("a full shared backlog is tried again until there is room") {
    Bench bench;
    bench.listen("imap", 0);
    std::size_t fillers = 0;
    while (net::connect_unix("imap", net::sequenced).has_value())
        ++fillers; // they hang up, and stay in the queue
    REQUIRE(fillers > 0);
    const auto client = bench.logged_in();
    bench.route(bench.lookup_id, Verdict::cold);
    bench.settle();
    while (fillers-- > 0)
        bench.drop_offer("imap");
    auto offer = bench.take_offer("imap");
    serve(bench, *client, offer);
}

TEST_CASE("anvil is down: straight to a new worker, or refused where limits must hold") {
    SUBCASE("allowed") {
        Bench bench;
        bench.listen("imap");
        bench.anvil.hang_up(true);
        bench.settle();
        const auto client = bench.client();
        client->send("a LOGIN alice secret\r\n");
        bench.auth_id = bench.auth_hears<protocol::auth::Begin>().id;
        bench.succeed(bench.auth_id);
        auto offer = bench.take_offer("imap");
        serve(bench, *client, offer);
        CHECK(bench.log().find("reuse=cold(restarting)") != std::string::npos);
    }
    SUBCASE("refused") {
        Bench bench([](Settings& settings) { settings.needs_anvil = true; });
        bench.anvil.hang_up(true);
        bench.settle();
        const auto client = bench.client();
        client->send("a LOGIN alice secret\r\n");
        bench.succeed(bench.auth_hears<protocol::auth::Begin>().id);
        bench.expect(*client, "a NO [UNAVAILABLE]");
        CHECK(bench.log().find("anvil_unreachable = refuse") != std::string::npos);
    }
    SUBCASE("it dies while it is asked") {
        Bench bench;
        bench.listen("imap");
        const auto client = bench.logged_in();
        bench.anvil.hang_up();
        auto offer = bench.take_offer("imap");
        serve(bench, *client, offer);
    }
    SUBCASE("it doesn't answer: 500 ms once, then nobody waits for it, until it does again") {
        Bench bench;
        bench.listen("imap");
        const auto client = bench.logged_in();
        auto offer = bench.take_offer("imap");
        CHECK(bench.anvil_hears<Cancel>().id == bench.lookup_id);
        serve(bench, *client, offer);
        const auto next = bench.client();
        next->send("a LOGIN alice secret\r\n");
        bench.auth_id = bench.auth_hears<protocol::auth::Begin>().id;
        bench.succeed(bench.auth_id);
        auto offer_again = bench.take_offer("imap");
        CHECK(bench.anvil.received.empty());
        serve(bench, *next, offer_again);
        bench.route(bench.lookup_id, Verdict::cold); // late, and a sign of life
        bench.settle();
        const auto third = bench.logged_in();
        bench.route(bench.lookup_id, Verdict::refused_user, {}, Cold::first, 10);
        bench.expect(*third, "a NO [LIMIT]");
    }
}

TEST_CASE("a place in anvil's queue is held until a slot comes, and given back when the client leaves") {
    Bench bench;
    bench.listen("imap");
    const auto client = bench.logged_in();
    bench.route(bench.lookup_id, Verdict::wait, {}, Cold::none_idle);
    bench.settle();
    SUBCASE("a slot") {
        bench.route(bench.lookup_id, Verdict::cold, {}, Cold::none_idle);
        auto offer = bench.take_offer("imap");
        serve(bench, *client, offer);
    }
    SUBCASE("the client leaves") {
        client->close();
        CHECK(bench.anvil_hears<Cancel>().id == bench.lookup_id);
        bench.run_until([&] { return bench.front->clients.size() == 0; }, "it is forgotten");
        CHECK(bench.log().find("Client left while it waited") != std::string::npos);
    }
    SUBCASE("no room") {
        bench.route(bench.lookup_id, Verdict::refused_queue);
        bench.expect(*client, "a NO [UNAVAILABLE] The server has no room");
        // It stays, and what it had pipelined is its next command.
        client->send("b NOOP\r\n");
        bench.expect(*client, "b OK");
    }
}

TEST_CASE("a refused client's pipelined commands are served by login again") {
    Bench bench;
    const auto client = bench.logged_in("a LOGIN alice secret\r\nb NOOP\r\nc LOG");
    bench.route(bench.lookup_id, Verdict::refused_user, {}, Cold::first, 10);
    bench.expect(*client,
        "a NO [LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)\r\n");
    bench.expect(*client, "b OK NOOP completed.\r\n");
    client->send("OUT\r\n");
    bench.expect(*client, "c OK Logout completed.\r\n");
    const auto log = bench.log();
    CHECK(log.find("Login refused: Maximum number of connections from user+IP exceeded "
                   "(mail_max_userip_connections=10): user=<alice>") != std::string::npos);
    CHECK(log.find("Aborted login (internal failure, 1 successful auths)") != std::string::npos);
}

TEST_CASE("a client that hangs up during the handover is the worker's to find out") {
    Bench bench;
    bench.listen(bench.own_gate());
    const auto client = bench.logged_in();
    client->close();
    bench.route(bench.lookup_id, Verdict::candidates, {bench.own_pid()});
    auto offer = bench.take_offer(bench.own_gate());
    REQUIRE(offer.read_grant().has_value());
    offer.answer(OfferReply::taken);
    bench.run_until([&] { return bench.front->clients.size() == 0; }, "login forgets the client");
}
