// SPDX-License-Identifier: Apache-2.0
// What a lookup holds: a session's lease, a slot, a place in the queue; and how each ends.
#include "ledger.hpp"

#include <algorithm>

namespace hearth::anvil {

using wire::Cold;
using wire::Verdict;

void Ledger::say(StreamId stream, std::uint32_t id, Verdict verdict, Cold why, std::uint32_t limit,
    std::vector<std::uint32_t> pids) {
    answers_.push_back(Answer{stream, wire::Route{id, verdict, why, limit, std::move(pids)}});
}

bool Ledger::has_slot(const Service& service) const {
    // Before the master told a limit there is none: it enforces its own in any case.
    return !service.has_limits || std::uint64_t{service.bound} + service.cold < service.process_limit;
}

void Ledger::load_changed(ServiceIndex service, Index user, Time now) {
    auto& self = users_[user];
    services_[service].queue.load_changed(user, self.sessions);
    if (self.here == (self.sessions > 0)) return;
    self.here = self.sessions > 0;
    if (!self.here) return histories_.left(self.key, now);
    if (const auto back = histories_.came(self.key, now)) services_[service].expectation.returned(*back);
    services_[service].distances.used(self.key);
}

void Ledger::slot_or_place(Index lease, Time now) {
    auto& self = leases_[lease];
    auto& service = services_[users_[self.user].service];
    if (has_slot(service) && service.queue.size() == 0) return give_slot(lease, now);
    const bool first_time = self.arrival == 0;
    if (!first_time && self.queue_deadline <= now) return refuse_queue(lease, now);
    if (service.queue.size() >= queue_max) {
        // The place of whoever has or wants most, if that is not the newcomer.
        if (service.queue.greatest_load() <= users_[self.user].sessions) return refuse_queue(lease, now);
        refuse_queue(service.queue.last(), now);
    }
    if (first_time) {
        self.arrival = ++arrivals_;
        self.queue_deadline = now + queue_time;
    }
    self.stage = Stage::waiting;
    service.queue.add(self.user, users_[self.user].sessions, self.arrival, lease);
    leases_.set_deadline(lease, self.queue_deadline);
    ++counters_.waited;
    service.watch.note_waited();
    say(self.stream, self.id, Verdict::wait, self.why, 0);
}

void Ledger::give_slot(Index lease, Time now) {
    auto& self = leases_[lease];
    auto& service = services_[users_[self.user].service];
    const auto why = static_cast<std::size_t>(self.why);
    leave_stage(lease, now);
    self.stage = Stage::cold;
    ++service.cold;
    ++counters_.cold[why];
    service.tallies.note(now, [why](Tally& tally) { ++tally.misses[why]; });
    leases_.set_deadline(lease, now + wire::lease_time);
    say(self.stream, self.id, Verdict::cold, self.why, 0);
}

void Ledger::refuse_queue(Index lease, Time now) {
    const auto& self = leases_[lease];
    auto& service = services_[users_[self.user].service];
    ++counters_.refused_queue;
    service.tallies.note(now, [](Tally& tally) { ++tally.refused_queue; });
    service.watch.note_refused();
    say(self.stream, self.id, Verdict::refused_queue, self.why, service.process_limit);
    finish(lease, now);
}

/// Gives slot or place back. The caller sets the next stage.
void Ledger::leave_stage(Index lease, Time now) {
    auto& self = leases_[lease];
    auto& service = services_[users_[self.user].service];
    if (self.stage == Stage::cold) --service.cold;
    if (self.stage == Stage::waiting) {
        service.queue.remove(self.user, self.arrival, lease);
        const auto waited = now - (self.queue_deadline - queue_time);
        service.tallies.note(now, [waited](Tally& tally) {
            ++tally.waited;
            tally.longest_wait = std::max(tally.longest_wait, waited);
        });
    }
    self.stage = Stage::trying;
}

/// Leases the lookup's session, if it doesn't.
void Ledger::hold_session(Index lease, Time now) {
    const auto& self = leases_[lease];
    auto session = sessions_.find(self.session);
    if (session == none) session = sessions_.add(self.session, self.user, self.address, now);
    sessions_[session].lease = lease;
    load_changed(users_[self.user].service, self.user, now);
}

void Ledger::let_session_go(Index lease, Time now) {
    const auto& self = leases_[lease];
    const auto session = sessions_.find(self.session);
    if (session == none || sessions_[session].lease != lease) return;
    sessions_[session].lease = none;
    sessions_.release(session);
    load_changed(users_[self.user].service, self.user, now);
}

void Ledger::finish(Index lease, Time now) {
    const auto user = leases_[lease].user;
    leave_stage(lease, now);
    let_session_go(lease, now);
    addresses_.release(leases_[lease].address);
    leases_.remove(lease);
    --users_[user].lookups;
    users_.release(user);
}

/// Gives every free slot to who is next in the queue. Last in each event that could free one.
void Ledger::settle(Time now) {
    for (auto& service : services_) {
        while (service.queue.size() > 0 && has_slot(service))
            give_slot(service.queue.first(), now);
        take_back_yielded(service, now);
        attend(service, now);
    }
}

std::optional<Time> Ledger::next_deadline() const {
    std::optional<Time> next;
    const auto sooner = [&](Time time) { next = next ? std::min(*next, time) : time; };
    if (const auto lease = leases_.next(); lease != none) sooner(leases_[lease].deadline);
    if (phase_ == Phase::gathering) sooner(gathered_by_);
    if (waiting() > 0 && !offered_.empty()) sooner(offered_.front().until);
    for (const auto& service : services_) {
        if (service.memory.is_shedding() && !named_.empty()) sooner(named_.front().until);
        if (const auto due = service.watch.deadline()) sooner(*due);
    }
    if (!held_.empty()) {
        sooner(held_.front().until);
        if (phase_ == Phase::live) sooner(gathered_by_);
    }
    return next;
}

void Ledger::expire(Time now) {
    end_reservations(now);
    if (phase_ == Phase::gathering && gathered_by_ <= now) phase_ = Phase::live;
    release_held(now);
    for (auto lease = leases_.next(); lease != none && leases_[lease].deadline <= now; lease = leases_.next()) {
        const auto stage = leases_[lease].stage;
        if (stage == Stage::waiting) {
            refuse_queue(lease, now);
        } else {
            if (stage != Stage::reported) ++counters_.leases_expired;
            finish(lease, now);
        }
    }
    settle(now);
}

} // namespace hearth::anvil
