// SPDX-License-Identifier: Apache-2.0
// From TAKEN to the end of a session, and the end of a worker.
#include "fake_instance.hpp"
#include "net/unix_socket.hpp"
#include "protocol/limits.hpp"
#include "protocol/service.hpp"
#include "worker/last_bytes.hpp"

#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::worker;
using namespace hearth::worker::fake;
using namespace hearth::protocol::service;
using protocol::OfferReply;
using protocol::anvil::WorkerReport;
using namespace std::chrono_literals;

namespace {

struct Served {
    Instance instance;
    Offered session;
    explicit Served(Options options = {}) : instance(options) {
        instance.start();
        session = instance.offer_shared(instance.grant());
        REQUIRE(session.reply() == OfferReply::taken);
        REQUIRE(instance.notice() == "HEARTH_STATE=bound");
    }
    void quit() const {
        session.client.send("QUIT\n");
        REQUIRE(session.client.read_to_end() == "BYE\n");
    }
};

Options with_idle_kill(std::chrono::milliseconds time) {
    Options options;
    options.limits.idle_kill = time;
    return options;
}

bool is_idle(const WorkerReport& report) {
    return report.accepts && report.sessions.empty();
}

// Reads and forgets what anvil has been told.
void skip_reports(const Instance& instance) {
    while (net::receive_message(instance.report_socket(), 8192)) {
    }
}

// Makes anvil's queue full. One sender may meet its own limit before the queue's: so there are several.
std::vector<UniqueFd> fill_reports(const Instance& instance) {
    std::vector<UniqueFd> senders;
    for (;;) {
        auto sender = net::connect_unix(instance.directory() + "/anvil-report", net::datagram).value();
        if (!net::send_message(sender.get(), "x")) return senders;
        while (net::send_message(sender.get(), "x")) {
        }
        senders.push_back(std::move(sender));
    }
}

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

TEST_CASE("asked to leave, a busy worker answers staying and an idle one leaving, each with the question's sequence") {
    Served served;
    served.instance.signal(signal_leave(), 7);
    CHECK(served.instance.notice() == "HEARTH_ANSWER=staying\nHEARTH_SEQ=7");
    served.quit();
    served.instance.signal(signal_leave(), 4'000'000'000U);
    CHECK(served.instance.notice() == "HEARTH_STATE=leaving\nHEARTH_REASON=evicted\nHEARTH_SEQ=4000000000");
    CHECK(served.instance.report_where([](const auto& r) { return r.leaving; }).sessions.empty());
    CHECK(served.instance.exit_code() == 0);
}

TEST_CASE("an unbound worker that is asked to leave leaves") {
    Instance instance;
    instance.start();
    instance.signal(signal_leave(), 3);
    CHECK(instance.notice() == "HEARTH_STATE=leaving\nHEARTH_REASON=evicted\nHEARTH_SEQ=3");
    CHECK(instance.exit_code() == 0);
}

TEST_CASE("offers that are queued when a worker leaves are answered LEAVING, and their grants are still good") {
    Served served;
    served.quit();
    REQUIRE(::kill(served.instance.pid(), SIGSTOP) == 0);
    served.instance.signal(signal_leave(), 1);
    const auto grant = served.instance.grant();
    const auto grant_fd = Instance::issue(grant);
    std::vector<Offered> queued;
    for (int i = 0; i < 5; ++i)
        queued.push_back(Instance::offer(served.instance.connect_gate(), grant, grant_fd.get()));
    REQUIRE(::kill(served.instance.pid(), SIGCONT) == 0);
    // Which comes first to a process that wakes up, signal or offer, is the kernel's affair: one may be taken.
    int taken = 0;
    for (const auto& offered : queued) {
        const auto reply = offered.reply();
        if (reply == OfferReply::taken)
            ++taken;
        else
            CHECK((reply == OfferReply::leaving || (taken == 1 && reply == OfferReply::busy)));
    }
    if (taken == 0) {
        CHECK(served.instance.exit_code() == 0);
        CHECK(net::receive_message(grant_fd.get(), 8192)->bytes == protocol::encode(grant));
    }
}

TEST_CASE("retired, a busy worker takes nobody, serves its session to the end and exits") {
    Served served;
    served.instance.signal(signal_retire());
    CHECK(served.instance.notice() == "HEARTH_STATE=leaving\nHEARTH_REASON=generation");
    CHECK_FALSE(served.instance.gate_is_open());
    CHECK_FALSE(net::connect_unix(served.instance.gate_path(), net::sequenced).has_value());
    served.session.client.send("ECHO on\n");
    CHECK(served.session.client.read(3) == "on\n");
    served.quit();
    CHECK(served.instance.exit_code() == 0);
}

TEST_CASE("service_count sessions, and the worker is recycled") {
    Options options;
    options.limits.service_count = 2;
    Served served(options);
    served.quit();
    const auto last = served.instance.offer_gate(served.instance.grant());
    REQUIRE(last.reply() == OfferReply::taken);
    CHECK(served.instance.notice() == "HEARTH_STATE=leaving\nHEARTH_REASON=recycled");
    last.client.send("QUIT\n");
    CHECK(last.client.read_to_end() == "BYE\n");
    CHECK(served.instance.exit_code() == 0);
}

TEST_CASE("idle_kill after its last session the worker leaves by itself, and not before") {
    Served served(with_idle_kill(80ms));
    const auto ended = Clock::now();
    served.quit();
    CHECK(served.instance.notice() == "HEARTH_STATE=leaving\nHEARTH_REASON=idle_kill");
    CHECK(Clock::now() - ended >= 80ms);
    CHECK(served.instance.exit_code() == 0);
}

TEST_CASE("SIGTERM ends the sessions, which may say why, and then the worker") {
    Served served;
    REQUIRE(::kill(served.instance.pid(), SIGTERM) == 0);
    CHECK(served.session.client.read_to_end() == "KICKED\n");
    CHECK(served.instance.exit_code() == 0);
}

TEST_CASE("when the master is gone, sessions are served to the end, and idle and unbound workers leave at once") {
    Served busy;
    busy.instance.die();
    CHECK(busy.instance.report_where([](const auto& r) { return r.leaving; }).sessions.size() == 1);
    busy.session.client.send("ECHO on\n");
    CHECK(busy.session.client.read(3) == "on\n");
    busy.quit();
    CHECK(busy.instance.exit_code() == 0);

    Served idle;
    idle.quit();
    idle.instance.die();
    CHECK(idle.instance.exit_code() == 0);

    Instance unbound;
    unbound.start();
    unbound.die();
    CHECK(unbound.exit_code() == 0);
}

TEST_CASE(
    "a full report queue loses no session: what is sent when there is room is the truth, with the ids that ended") {
    const Served served;
    const auto first = served.instance.report().sessions.at(0).id;
    const auto stuffing = fill_reports(served.instance);
    served.quit(); // bounded: the IDLE waits 2 ms for room, no more
    const auto unseen = served.instance.grant();
    const auto short_one = served.instance.offer_gate(unseen);
    REQUIRE(short_one.reply() == OfferReply::taken);
    short_one.client.send("QUIT\n");
    REQUIRE(short_one.client.read_to_end() == "BYE\n");
    const auto lasting = served.instance.offer_gate(served.instance.grant());
    REQUIRE(lasting.reply() == OfferReply::taken);

    for (;;) { // the stuffing goes, the worker's word comes
        REQUIRE(wait_for(served.instance.report_socket()));
        const auto datagram = net::receive_message(served.instance.report_socket(), 8192).value();
        const auto decoded = protocol::anvil::decode_report(datagram.bytes);
        if (!decoded) continue;
        const auto report = std::get<WorkerReport>(*decoded);
        CHECK(report.sessions.size() == 1);
        CHECK(report.served == 3);
        CHECK(report.ended == std::vector{first, unseen.session});
        break;
    }
}

TEST_CASE("a report names at most the last 16 sessions that ended") {
    const Served served;
    served.quit();
    std::vector<SessionId> ids;
    for (int i = 0; i < 40; ++i) {
        const auto grant = served.instance.grant();
        ids.push_back(grant.session);
        const auto offered = served.instance.offer_gate(grant);
        offered.client.send("QUIT\n");
        REQUIRE(offered.client.read_to_end() == "BYE\n");
        if (i < 39) skip_reports(served.instance);
    }
    const auto report = served.instance.report_where(is_idle);
    CHECK(report.ended == std::vector(ids.end() - protocol::ended_per_report_max, ids.end()));
}
