// SPDX-License-Identifier: Apache-2.0
// A login's question: which worker, a slot for a new one, or a place in the queue.
#include "ledger.hpp"
#include "protocol/limits.hpp"

#include <algorithm>

namespace hearth::anvil {

using wire::Cold;
using wire::Verdict;

void Ledger::lookup(StreamId stream, const wire::Lookup& request, Time now) {
    ++counters_.lookups;
    end_reservations(now);
    Held held{stream, request, now + held_time};
    if (!must_hold(request.service, now)) {
        route(held, now, false);
    } else if (held_.size() < held_max) {
        held_.push_back(std::move(held));
    } else {
        ++counters_.refused_queue;
        say(stream, request.id, Verdict::refused_queue, Cold::restarting, held_max);
    }
    settle(now);
}

bool Ledger::must_hold(std::string_view service, Time now) const {
    if (phase_ != Phase::live) return true;
    // The master's ServiceLimits follow the roster, but not in the same datagram.
    const auto index = find_service(service);
    return now < gathered_by_ && !(index && services_[*index].has_limits);
}

void Ledger::release_held(Time now) {
    auto held = std::exchange(held_, {});
    for (auto& item : held) {
        if (must_hold(item.request.service, now) && item.until > now) {
            held_.push_back(std::move(item));
        } else if (phase_ == Phase::awaiting_roster) {
            // Without the master's word nothing can be promised. Without us login would try the shared listener.
            ++counters_.cold[static_cast<std::size_t>(Cold::restarting)];
            say(item.stream, item.request.id, Verdict::cold, Cold::restarting, 0);
        } else {
            route(item, now, true);
        }
    }
}

void Ledger::route(const Held& held, Time now, bool after_restart) {
    const auto& request = held.request;
    const auto service = find_service(request.service);
    if (const auto former = leases_.find(held.stream, request.id); former != none) finish(former, now);
    const auto session = sessions_.find(request.session);
    const auto user = service && !request.user.empty() ? users_.find(*service, request.user) : none;
    const bool foreign = session != none && (sessions_[session].user != user || sessions_[session].lease != none);
    if (!service || request.user.empty() || foreign || leases_.count_of(held.stream) >= leases_per_stream_max) {
        ++counters_.refused_odd;
        return say(held.stream, request.id, Verdict::refused_queue, Cold::first, 0);
    }
    const auto limit = options_.userip_limit;
    if (session == none && limit != 0 && count(request.service, request.user, request.remote_ip) >= limit) {
        ++counters_.refused_user;
        services_[*service].tallies.note(now, [](Tally& tally) { ++tally.refused_user; });
        return say(held.stream, request.id, Verdict::refused_user, Cold::first, limit);
    }

    Lease lease;
    lease.stream = held.stream;
    lease.id = request.id;
    lease.user = acquire_user(*service, request.user);
    lease.address = addresses_.acquire(request.remote_ip);
    lease.session = request.session;
    lease.identity = request.identity;
    lease.deadline = now + wire::lease_time;
    ++users_[lease.user].lookups;
    const auto index = leases_.add(lease);
    hold_session(index, now);

    const bool yields = must_yield(lease.user);
    auto found = candidates(lease.user, request.identity, now, yields);
    if (yields) yield_idle(lease.user, request.identity, now);
    if (after_restart && awaited_ > 0 && found.why == Cold::first) found.why = Cold::restarting;
    leases_[index].why = found.why;
    if (!found.pids.empty())
        answer_candidates(index, found, now);
    else
        slot_or_place(index, now);
}

// Why a user's workers, if there are any, are no candidates: none of them can be named.
Cold Ledger::why_none(Index user) const {
    const auto& self = users_[user];
    if (self.workers > 0) return self.idle.empty() && self.active.empty() ? Cold::ended : Cold::none_idle;
    const auto reason = histories_.last_end(self.key);
    if (!reason) return Cold::first;
    switch (*reason) {
    case wire::ExitReason::idle_kill: return Cold::idle_kill;
    case wire::ExitReason::eviction: return Cold::evicted;
    case wire::ExitReason::memory: return Cold::memory;
    case wire::ExitReason::generation: return Cold::generation;
    case wire::ExitReason::recycling: return Cold::recycled;
    case wire::ExitReason::crash: return Cold::crash;
    case wire::ExitReason::kick: return Cold::kicked;
    case wire::ExitReason::shutdown:
    case wire::ExitReason::other: break;
    }
    return Cold::ended;
}

Ledger::Candidates Ledger::candidates(
    Index user, const protocol::IdentityHash& identity, Time now, bool without_idle) const {
    Candidates result;
    const auto& self = users_[user];
    const auto generation = services_[self.service].generation;
    bool same_identity = false, current = false;
    std::vector<Index> idle, idle_offered, room, room_offered, full;
    for (const auto* chain : {&self.idle, &self.active, &self.out}) {
        for (const auto index : members<&Worker::of_user>(workers_.items(), *chain, walk_max)) {
            const auto& worker = workers_[index];
            if (worker.identity != identity) continue;
            same_identity = true;
            if (worker.generation < generation) continue;
            current = true;
            const bool offered = worker.reserved_until > now;
            if (worker.standing == Standing::idle && !without_idle) (offered ? idle_offered : idle).push_back(index);
            if (worker.standing == Standing::room) (offered ? room_offered : room).push_back(index);
            if (worker.standing == Standing::full && full.size() < protocol::busy_candidates_max) full.push_back(index);
        }
    }
    result.why = self.workers > 0 && !same_identity ? Cold::other_identity
                 : self.workers > 0 && !current     ? Cold::generation
                                                    : why_none(user);
    const auto longest_ago_first = [&](Index a, Index b) {
        return workers_[a].reserved_until < workers_[b].reserved_until;
    };
    std::stable_sort(idle_offered.begin(), idle_offered.end(), longest_ago_first);
    std::stable_sort(room_offered.begin(), room_offered.end(), longest_ago_first);
    for (const auto* group : {&idle, &idle_offered, &room, &room_offered}) {
        for (const auto index : *group)
            if (result.pids.size() < protocol::candidates_max - full.size()) result.pids.push_back(workers_[index].pid);
    }
    result.warm = !result.pids.empty();
    for (const auto index : full)
        result.pids.push_back(workers_[index].pid);
    return result;
}

void Ledger::answer_candidates(Index lease, const Candidates& found, Time now) {
    ++(found.warm ? counters_.warm : counters_.busy);
    // Only the first is spoken for: login tries it next, and most logins need no second.
    const auto first = workers_.find(found.pids.front());
    workers_.offer(first, idle_of(first), now + offered_time);
    offered_.push_back({now + offered_time, first});
    leave_stage(lease, now);
    leases_[lease].stage = Stage::trying;
    leases_[lease].warm = found.warm;
    leases_.set_deadline(lease, now + wire::lease_time);
    say(leases_[lease].stream, leases_[lease].id, Verdict::candidates, found.why, 0, found.pids);
}

void Ledger::none_took(StreamId stream, std::uint32_t id, Time now) {
    end_reservations(now);
    const auto lease = leases_.find(stream, id);
    const auto is_it = [&](const Held& held) { return held.stream == stream && held.request.id == id; };
    if (lease == none) {
        if (std::any_of(held_.begin(), held_.end(), is_it)) return;
        ++counters_.refused_odd;
        return say(stream, id, Verdict::refused_queue, Cold::first, 0);
    }
    auto& self = leases_[lease];
    switch (self.stage) {
    case Stage::waiting: return say(stream, id, Verdict::wait, self.why, 0);
    case Stage::cold:
        leases_.set_deadline(lease, now + wire::lease_time);
        return say(stream, id, Verdict::cold, self.why, 0);
    case Stage::trying:
    case Stage::reported: break;
    }
    const auto session = sessions_.find(self.session);
    if (session != none && sessions_[session].lease != lease &&
        (sessions_[session].user != self.user || sessions_[session].lease != none)) {
        // Another lookup took the same session id in the meantime: not an honest login's.
        ++counters_.refused_odd;
        say(stream, id, Verdict::refused_queue, Cold::first, 0);
        finish(lease, now);
    } else {
        self.why = candidates(self.user, self.identity, now).why;
        if (self.warm && (self.why == Cold::none_idle || self.why == Cold::ended) && users_[self.user].workers > 0)
            self.why = Cold::raced;
        hold_session(lease, now);
        slot_or_place(lease, now);
    }
    settle(now);
}

void Ledger::cancel(StreamId stream, std::uint32_t id, Time now) {
    end_reservations(now);
    std::erase_if(held_, [&](const Held& held) { return held.stream == stream && held.request.id == id; });
    if (const auto lease = leases_.find(stream, id); lease != none) finish(lease, now);
    settle(now);
}

void Ledger::stream_closed(StreamId stream, Time now) {
    end_reservations(now);
    std::erase_if(held_, [&](const Held& held) { return held.stream == stream; });
    for (auto lease = leases_.any_of(stream); lease != none; lease = leases_.any_of(stream))
        finish(lease, now);
    settle(now);
}

void Ledger::silent(std::uint32_t pid, Time now) {
    const auto worker = workers_.find(pid);
    if (worker == none || workers_[worker].user == none || workers_[worker].silent) return;
    ++counters_.silent;
    workers_[worker].silent = true;
    place(worker, false, now);
}

} // namespace hearth::anvil
