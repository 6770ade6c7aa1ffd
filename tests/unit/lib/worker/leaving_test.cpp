// SPDX-License-Identifier: Apache-2.0
// The end of a worker: asked to leave, retired, recycled, idle for too long, told to end, left alone by its master.
#include "net/unix_socket.hpp"
#include "protocol/limits.hpp"
#include "protocol/service.hpp"
#include "served.hpp"

#include <csignal>
#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::worker;
using namespace hearth::worker::fake;
using namespace hearth::protocol::service;
using protocol::OfferReply;
using protocol::anvil::WorkerReport;
using namespace std::chrono_literals;

namespace {

Options with_idle_kill(std::chrono::milliseconds time) {
    Options options;
    options.limits.idle_kill = time;
    return options;
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

} // namespace

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
