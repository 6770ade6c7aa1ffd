// SPDX-License-Identifier: Apache-2.0
// From TAKEN to the end of a session.
#include "net/unix_socket.hpp"
#include "protocol/service.hpp"
#include "served.hpp"
#include "worker/last_bytes.hpp"

#include <array>
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

using namespace hearth;
using namespace hearth::worker;
using namespace hearth::worker::fake;
using namespace hearth::protocol::service;
using protocol::OfferReply;
using protocol::anvil::WorkerReport;
using namespace std::chrono_literals;

namespace {

// A client whose socket takes a few thousand bytes until it is read from: as small as a buffer gets.
Offered offer_with_narrow_client(const Instance& instance) {
    const auto grant = instance.grant();
    protocol::Offer offer;
    offer.head.generation = grant.generation;
    Offered offered;
    offered.connection = instance.connect_gate();
    const int least = 1;
    REQUIRE(::setsockopt(offered.client.server.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least) == 0);
    const auto grant_fd = Instance::issue(grant);
    const std::array fds{offered.client.server.get(), grant_fd.get()};
    net::send_message(offered.connection.get(), protocol::encode(offer), fds).value();
    offered.client.server.reset();
    return offered;
}

// Sends more last bytes than fit, and waits until some of them have come. Nobody reads them yet.
void quit_into_full_socket(const Client& client) {
    client.send("FILL 2000\nQUITBIG 4096\n");
    const auto until = Clock::now() + 5s;
    for (int here = 0; here <= 2000; ::sched_yield()) {
        REQUIRE(Clock::now() < until);
        REQUIRE(::ioctl(client.near.get(), FIONREAD, &here) == 0);
        REQUIRE(here < 6096);
    }
}
const std::string filled_and_quit = std::string(2000, 'x') + std::string(4096, 'y');

} // namespace

TEST_CASE("a client that has read its last bytes finds the gate open and the report sent, a hundred times in a row") {
    const Served served;
    served.session.client.send("QUIT\n");
    REQUIRE(served.session.client.read(4) == "BYE\n");
    for (int i = 0; i < 100; ++i) {
        // Nothing waits here: what isn't there now came too late.
        CHECK(served.instance.gate_is_open());
        bool idle = false;
        while (const auto datagram = net::receive_message(served.instance.report_socket(), 8192))
            idle = is_idle(std::get<WorkerReport>(protocol::anvil::decode_report(datagram->bytes).value()));
        CHECK(idle);
        const auto next = served.instance.offer_gate(served.instance.grant());
        REQUIRE(next.reply() == OfferReply::taken);
        CHECK_FALSE(served.instance.gate_is_open());
        next.client.send("QUIT\n");
        REQUIRE(next.client.read(4) == "BYE\n");
    }
}

TEST_CASE("a client that leaves without a word frees the worker too") {
    Served served;
    const auto id = served.instance.report().sessions.at(0).id;
    served.session.client.near.reset();
    const auto report = served.instance.report_where(is_idle);
    CHECK(report.ended == std::vector{id});
    CHECK(served.instance.offer_gate(served.instance.grant()).reply() == OfferReply::taken);
}

TEST_CASE("an error that escapes the handler ends that session only") {
    const Served served;
    served.session.client.send("THROW\n");
    CHECK(served.session.client.read_to_end().empty());
    CHECK(served.instance.offer_gate(served.instance.grant()).reply() == OfferReply::taken);
}

TEST_CASE("what a client sends after its last command doesn't destroy its last bytes") {
    const Served served;
    served.session.client.send("QUIT\nand more that nobody will read\n");
    CHECK(served.session.client.read_to_end() == "BYE\n");
}

TEST_CASE("the end reaches a client whose socket an abandoned offer still holds") {
    const Served served;
    const auto grant = served.instance.grant();
    Client client;
    const auto held = duplicate(client.server.get()); // as in the backlog of a stopped worker
    protocol::Offer offer;
    offer.head.generation = grant.generation;
    served.quit();
    const auto connection = served.instance.connect_gate();
    const auto grant_fd = Instance::issue(grant);
    const std::array fds{client.server.get(), grant_fd.get()};
    net::send_message(connection.get(), protocol::encode(offer), fds).value();
    client.server.reset();
    client.send("QUIT\n");
    CHECK(client.read_to_end() == "BYE\n");
}

TEST_CASE("last bytes that a client doesn't take are written after the worker is free; a second such client is written "
          "to first") {
    const Served served;
    served.quit();
    const auto slow = offer_with_narrow_client(served.instance);
    REQUIRE(slow.reply() == OfferReply::taken);
    quit_into_full_socket(slow.client);
    CHECK(served.instance.gate_is_open());
    (void)served.instance.report_where([](const auto& r) { return is_idle(r) && r.served == 2; });

    const auto second = offer_with_narrow_client(served.instance);
    REQUIRE(second.reply() == OfferReply::taken);
    quit_into_full_socket(second.client);
    CHECK_FALSE(served.instance.gate_is_open()); // one drain runs already
    CHECK(slow.client.read_to_end() == filled_and_quit);
    CHECK_FALSE(served.instance.gate_is_open());
    CHECK(second.client.read_to_end() == filled_and_quit);
    (void)served.instance.report_where([](const auto& r) { return is_idle(r) && r.served == 3; });
    CHECK(served.instance.gate_is_open());
}

TEST_CASE("a client that never reads is hung up on after the drain's second, and only then does the worker end") {
    Served served;
    served.quit();
    const auto deaf = offer_with_narrow_client(served.instance);
    REQUIRE(deaf.reply() == OfferReply::taken);
    quit_into_full_socket(deaf.client);
    const auto before = Clock::now();
    served.instance.signal(signal_leave(), 1);
    CHECK(served.instance.exit_code() == 0);
    CHECK(Clock::now() - before > drain_time / 2);
    CHECK(deaf.client.read_to_end().size() < filled_and_quit.size());
}

TEST_CASE("more last bytes than 4 KiB are written first, and all of them") {
    const Served served;
    served.session.client.send("QUITBIG 400000\n");
    CHECK(served.session.client.read_to_end().size() == 400000);
    (void)served.instance.report_where(is_idle);
}

TEST_CASE("a long answer to a slow reader arrives whole") {
    const Served served;
    served.session.client.send("FILL 3000000\n");
    CHECK(served.session.client.read(3'000'000) == std::string(3'000'000, 'x'));
    served.quit();
}

TEST_CASE("client_limit sessions are served at a time, and each ends for itself") {
    Options options;
    options.limits.client_limit = 3;
    const Served served(options);
    const auto second = served.instance.offer_gate(served.instance.grant());
    REQUIRE(second.reply() == OfferReply::taken);
    CHECK(served.instance.gate_is_open());
    const auto third = served.instance.offer_gate(served.instance.grant());
    REQUIRE(third.reply() == OfferReply::taken);
    CHECK_FALSE(served.instance.gate_is_open());
    CHECK(served.instance.offer_gate(served.instance.grant()).reply() == OfferReply::busy);
    const auto full = served.instance.report_where([](const auto& r) { return r.sessions.size() == 3; });
    CHECK_FALSE(full.accepts);
    second.client.send("QUIT\n");
    CHECK(second.client.read_to_end() == "BYE\n");
    CHECK(served.instance.gate_is_open());
    third.client.send("ECHO here\n");
    CHECK(third.client.read(5) == "here\n");
    served.quit();
}

TEST_CASE("roll call brings the same truth again with a higher sequence") {
    const Served served;
    const auto first = served.instance.report();
    served.instance.signal(signal_roll());
    const auto second = served.instance.report();
    CHECK(second.sequence > first.sequence);
    CHECK(second.sessions == first.sessions);
    CHECK(second.user == first.user);
}

TEST_CASE("kick ends the session with that word and the worker with it; another word ends nothing") {
    Served served;
    const auto id = served.instance.report().sessions.at(0).id;
    const auto word = protocol::anvil::session_word(id);
    served.instance.signal(signal_kick(), word ^ 1);
    served.instance.signal(signal_roll());
    CHECK(served.instance.report().sessions.size() == 1);
    served.instance.signal(signal_kick(), word);
    CHECK(served.session.client.read_to_end() == "KICKED\n");
    CHECK(served.instance.notice() == "HEARTH_STATE=leaving\nHEARTH_REASON=kicked");
    CHECK(served.instance.report_where([](const auto& r) { return r.sessions.empty(); }).leaving);
    CHECK(served.instance.exit_code() == 0);
}

TEST_CASE("a worker that has other sessions stays when one of them is kicked") {
    Options options;
    options.limits.client_limit = 2;
    const Served served(options);
    const auto id = served.instance.report().sessions.at(0).id;
    const auto second = served.instance.offer_gate(served.instance.grant());
    REQUIRE(second.reply() == OfferReply::taken);
    served.instance.signal(signal_kick(), protocol::anvil::session_word(id));
    CHECK(served.session.client.read_to_end() == "KICKED\n");
    CHECK_FALSE(served.instance.report_where([](const auto& r) { return r.sessions.size() == 1 && r.accepts; }).leaving);
    second.client.send("QUIT\n");
    CHECK(second.client.read_to_end() == "BYE\n");
}

TEST_CASE("a worker that has settled idle tells anvil and the master what it holds, once while that doesn't change") {
    const Served served;
    served.quit();
    const auto report = served.instance.report_where([](const auto& r) { return r.memory_kib != 0; });
    CHECK(report.sessions.empty());
    CHECK(served.instance.notice() == "HEARTH_MEMORY=" + std::to_string(report.memory_kib));
    const auto again = served.instance.offer_gate(served.instance.grant());
    REQUIRE(again.reply() == OfferReply::taken);
    CHECK(served.instance.report_where([](const auto& r) { return r.sessions.size() == 1; }).memory_kib == report.memory_kib);
}
