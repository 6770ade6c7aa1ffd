// SPDX-License-Identifier: Apache-2.0
// A ledger with a clock of its own, and workers and logins that speak to it. Verifies the ledger after each step.
#pragma once

#include "ledger.hpp"

#include <doctest/doctest.h>
#include <map>
#include <string>

namespace hearth::anvil::testing {

using namespace std::chrono_literals;
using Pids = std::vector<std::uint32_t>;

inline protocol::Key test_key() {
    protocol::Key key;
    key.fill(7);
    return key;
}

/// Identities are told apart by a number: a user's first, her second, ...
inline protocol::IdentityHash identity_of(const std::string& user, std::uint8_t number = 0) {
    protocol::Identity identity;
    identity.user = user;
    identity.uid = 1000U + number;
    return protocol::identity_hash("imap", identity);
}

inline SessionId session_id(std::uint32_t number) {
    SessionId id;
    for (std::size_t i = 0; i < 4; ++i)
        id.bytes[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    id.bytes[15] = 1;
    return id;
}

class World {
public:
    static constexpr std::uint64_t epoch = 3;

    explicit World(std::uint32_t process_limit = 10, std::uint32_t userip_limit = 0) : World(userip_limit, Fresh{}) {
        check(ledger.roster({epoch, 0, 1, {}}, now));
        limits(process_limit);
    }
    struct Fresh {};
    /// One that has not heard of the master yet.
    World(std::uint32_t userip_limit, Fresh) : ledger({test_key(), epoch, userip_limit}) {}

    Ledger ledger;
    Time now = Time{} + 1h;

    void limits(std::uint32_t process_limit, std::uint32_t generation = 1, std::uint64_t idle_memory_limit = 0) {
        check(ledger.limits({"imap", process_limit, 1, generation, idle_memory_limit}, now));
    }
    void start(std::uint32_t pid) { check(ledger.started({pid, "imap"}, now)); }
    void exit(std::uint32_t pid, wire::ExitReason reason = wire::ExitReason::other) {
        check(ledger.exited({pid, reason}, now));
        reports.erase(pid);
    }

    /// The worker's next report: what it says is kept in `report`, so a story changes only what changed.
    wire::WorkerReport& worker(std::uint32_t pid, const std::string& user = "") {
        auto& report = reports[pid];
        if (report.service.empty()) {
            report.service = "imap";
            report.generation = 1;
            report.accepts = true;
            name(report, user, 0);
        }
        return report;
    }
    static void name(wire::WorkerReport& report, const std::string& user, std::uint8_t number) {
        report.user = user;
        report.identity = identity_of(user, number);
        report.tag = protocol::identity_tag(test_key(), "imap", report.identity, user);
    }
    Reception say(std::uint32_t pid) {
        auto& report = reports.at(pid);
        ++report.sequence;
        const auto reception = ledger.report(report, pid, now);
        ledger.verify_invariants();
        return reception;
    }
    void busy(
        std::uint32_t pid, const std::string& user, const SessionId& session, const std::string& ip = "192.0.2.1") {
        auto& report = worker(pid, user);
        report.sessions.push_back({session, ip});
        ++report.served;
        report.accepts = report.sessions.size() < report.client_limit;
        CHECK(say(pid) == Reception::applied);
    }
    void idle(std::uint32_t pid) {
        auto& report = worker(pid);
        for (const auto& session : report.sessions)
            report.ended.push_back(session.id);
        report.sessions.clear();
        report.accepts = true;
        CHECK(say(pid) == Reception::applied);
    }
    /// Started, served one session of the user, idle now.
    void warm(std::uint32_t pid, const std::string& user) {
        start(pid);
        busy(pid, user, session_id(100000 + pid));
        idle(pid);
    }

    void ask(std::uint32_t id, const std::string& user, const std::string& ip = "192.0.2.1", StreamId stream = 1,
        std::uint8_t number = 0) {
        ledger.lookup(stream, {id, "imap", user, ip, identity_of(user, number), session_id(id)}, now);
        ledger.verify_invariants();
    }
    void none_took(std::uint32_t id, StreamId stream = 1) {
        ledger.none_took(stream, id, now);
        ledger.verify_invariants();
    }
    void cancel(std::uint32_t id, StreamId stream = 1) {
        ledger.cancel(stream, id, now);
        ledger.verify_invariants();
    }
    void pass(Clock::duration time) {
        now += time;
        ledger.expire(now);
        ledger.verify_invariants();
    }

    /// The one answer that is due.
    wire::Route answer() {
        const auto answers = ledger.take_answers();
        REQUIRE(answers.size() == 1);
        return answers.front().route;
    }
    /// The answers that are due, by lookup; the last one counts.
    std::map<std::uint32_t, wire::Verdict> verdicts() {
        std::map<std::uint32_t, wire::Verdict> result;
        for (const auto& answer : ledger.take_answers())
            result[answer.route.id] = answer.route.verdict;
        return result;
    }
    void discard() { static_cast<void>(ledger.take_answers()); }
    bool is_quiet() { return ledger.take_answers().empty(); }

    std::map<std::uint32_t, wire::WorkerReport> reports;

private:
    void check(Reception reception) {
        CHECK(reception == Reception::applied);
        ledger.verify_invariants();
    }
};

} // namespace hearth::anvil::testing
