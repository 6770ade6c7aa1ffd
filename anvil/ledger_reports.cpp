// SPDX-License-Identifier: Apache-2.0
// A worker's report: is it to be believed, and what does it change?
#include "base/skip_check.hpp"
#include "ledger.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace hearth::anvil {
namespace {

// Tells a tag from another; that it is right, only the HMAC tells.
std::uint32_t mark_of(const protocol::Tag& tag) {
    const auto hash = std::hash<std::string_view>{}({reinterpret_cast<const char*>(tag.data()), tag.size()});
    return static_cast<std::uint32_t>(hash);
}

} // namespace

Reception Ledger::report(const wire::WorkerReport& report, std::uint32_t pid, Time now) {
    if (phase_ == Phase::awaiting_roster) return counted(Reception::not_restored);
    const auto worker = workers_.find(pid);
    if (worker == none) return counted(Reception::unknown_pid);
    if (const auto verdict = judge(report, worker); verdict != Reception::applied) return counted(verdict);

    end_reservations(now);
    bind(worker, report, now);
    auto& self = workers_[worker];
    auto& service = services_[self.service];
    const bool used = report.served != self.served;
    self.sequence = report.sequence;
    self.generation = report.generation;
    self.served = report.served;
    self.client_limit = report.client_limit;
    self.accepts = report.accepts;
    if (report.leaving != self.leaving) report.leaving ? ++service.leaving : --service.leaving;
    self.leaving = report.leaving;
    self.silent = false;
    if (report.memory_kib != 0) self.memory_kib = report.memory_kib;
    workers_.release(worker, service.idle);
    workers_.yield(worker, service.idle, false);
    end_reported(report, worker, now);
    replace_sessions(worker, report, now);
    place(worker, used, now);
    if (self.awaited) {
        self.awaited = false;
        --awaited_;
        end_gathering_if_complete(now);
    }
    offer_to_waiting(worker, now);
    settle(now);
    return counted(Reception::applied);
}

Reception Ledger::judge(const wire::WorkerReport& report, Index worker) const {
    const auto& self = workers_[worker];
    if (report.user.empty()) return Reception::no_user;
    if (report.service != services_[self.service].name) return Reception::wrong_service;
    const bool same = self.user == none || (users_[self.user].name == report.user && self.identity == report.identity);
    // The tag bound this pid to this user once; a bound worker says the same with each report, which needs no second HMAC.
    const bool proven = self.user != none && same && self.tag_mark == mark_of(report.tag);
    if (!proven && !skips(12)) {
        const auto tag = protocol::identity_tag(options_.key, report.service, report.identity, report.user);
        if (!protocol::equal_tags(tag, report.tag)) return Reception::wrong_tag;
    }
    if (!skips(13) && !same) return Reception::identity_changed;
    if (report.sequence <= self.sequence) return Reception::old_sequence;
    return Reception::applied;
}

void Ledger::bind(Index worker, const wire::WorkerReport& report, Time now) {
    auto& self = workers_[worker];
    auto& service = services_[self.service];
    if (self.user != none) {
        if (users_[self.user].name == report.user && self.identity == report.identity) return;
        // Only where check 13 is left out: it becomes somebody else's.
        while (!self.sessions.empty())
            drop_from_owner(self.sessions.first, now);
        service.returns.erase(worker);
        workers_.unbind(worker, service.idle);
        --service.bound;
    }
    workers_.bind(worker, acquire_user(self.service, report.user), report.identity);
    workers_[worker].tag_mark = mark_of(report.tag);
    if (const auto before = histories_.last_end(users_[workers_[worker].user].key))
        workers_[worker].before = static_cast<std::uint8_t>(static_cast<unsigned>(*before) + 1);
    service.peak = std::max(service.peak, ++service.bound);
}

// Ended sessions first: an id in both lists is alive.
void Ledger::end_reported(const wire::WorkerReport& report, Index worker, Time now) {
    for (const auto& id : report.ended) {
        const auto session = sessions_.find(id);
        if (session == none || sessions_[session].user != workers_[worker].user) continue;
        if (sessions_[session].owner == none) lease_reported(session, workers_[worker].pid, now);
        sessions_.release(session);
        load_changed(workers_[worker].service, workers_[worker].user, now);
    }
}

void Ledger::replace_sessions(Index worker, const wire::WorkerReport& report, Time now) {
    const auto user = workers_[worker].user;
    const auto mark = ++marks_;
    for (const auto& active : report.sessions) {
        auto session = sessions_.find(active.id);
        if (session != none && sessions_[session].user != user) {
            ++counters_.foreign_sessions;
            continue;
        }
        if (session == none) {
            const auto address = addresses_.acquire(active.remote_ip);
            session = sessions_.add(active.id, user, address, now);
            addresses_.release(address); // the session has its own reference
        }
        const auto former = sessions_[session].owner;
        sessions_.give(session, worker);
        sessions_[session].mark = mark;
        if (former != none && former != worker)
            place(former, false, now);
        lease_reported(session, workers_[worker].pid, now);
    }
    for (auto session = workers_[worker].sessions.first; session != none;) {
        const auto next = sessions_[session].of_owner.next;
        if (sessions_[session].mark != mark) drop_from_owner(session, now);
        session = next;
    }
    load_changed(workers_[worker].service, user, now);
}

// A worker has, or had, the session: the promise became a fact. But the word of a worker that had it before login asked
// again is no news, and who waits in the queue is answered by nobody else.
void Ledger::lease_reported(Index session, std::uint32_t pid, Time now) {
    const auto lease = sessions_[session].lease;
    if (lease == none) return;
    auto& self = leases_[lease];
    if (self.stage == Stage::waiting || self.reporter == pid) return;
    if (self.stage == Stage::trying)
        services_[users_[self.user].service].tallies.note(now, [](Tally& tally) { ++tally.hits; });
    leave_stage(lease, now);
    self.stage = Stage::reported;
    self.reporter = pid;
    sessions_[session].lease = none;
}

void Ledger::drop_from_owner(Index session, Time now) {
    const auto user = sessions_[session].user;
    const auto service = users_[user].service;
    sessions_.take_from_owner(session);
    sessions_.release(session);
    load_changed(service, user, now);
}

// Workers of a waiting user can serve nobody else; so that user is asked first, unless the worker's place is due to
// somebody who has less.
void Ledger::offer_to_waiting(Index worker, Time now) {
    const auto& self = workers_[worker];
    auto& service = services_[self.service];
    if (self.standing != Standing::idle && self.standing != Standing::room) return;
    if (self.generation < service.generation || !service.queue.has(self.user)) return;
    if (self.standing == Standing::idle && must_yield(self.user)) return workers_.yield(worker, service.idle, true);
    auto places = self.client_limit > self.session_count ? self.client_limit - self.session_count : 1;
    for (const auto lease : service.queue.of(self.user, walk_max)) {
        if (places == 0) return;
        if (leases_[lease].identity != self.identity) continue;
        const auto found = candidates(self.user, self.identity, now);
        if (found.pids.empty()) return;
        answer_candidates(lease, found, now);
        --places;
    }
}

} // namespace hearth::anvil
