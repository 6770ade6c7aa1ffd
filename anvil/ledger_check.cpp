// SPDX-License-Identifier: Apache-2.0
// What must hold between any two events. Each line is an implication that some decision relies on.
#include "base/ensure.hpp"
#include "ledger.hpp"

#include <unordered_set>

namespace hearth::anvil {

void Ledger::verify_invariants() const {
    verify_users();
    verify_workers();
    verify_sessions();
    verify_leases();
}

void Ledger::verify_users() const {
    std::size_t workers = 0, sessions = 0, lookups = 0;
    users_.for_each([&](Index index, const User& user) {
        ensure(user.workers + user.sessions + user.lookups > 0, "a user without anything is remembered");
        ensure(users_.find(user.service, user.name) == index, "a user isn't found under its name");
        ensure(user.here == (user.sessions > 0), "a user's history wasn't told that he came or left");
        std::size_t chained = 0;
        for (const auto* chain : {&user.idle, &user.active, &user.out}) {
            for (const auto worker : members<&Worker::of_user>(workers_.items(), *chain)) {
                ++chained;
                const auto standing = workers_[worker].standing;
                ensure(workers_[worker].user == index, "a worker is in another user's chain");
                ensure(
                    (chain == &user.idle) == (standing == Standing::idle), "an idle worker isn't with the idle ones");
                const bool active = standing == Standing::room || standing == Standing::full;
                ensure((chain == &user.active) == active, "an active worker isn't with the active ones");
            }
        }
        ensure(chained == user.workers, "a user's worker is in none of its chains");
        workers += user.workers;
        sessions += user.sessions;
        lookups += user.lookups;
    });
    std::size_t bound = 0;
    for (const auto& service : services_)
        bound += service.bound;
    ensure(workers == bound, "bound workers: users and services disagree");
    ensure(sessions == sessions_.size(), "sessions: users and sessions disagree");
    ensure(lookups == leases_.size(), "lookups: users and lookups disagree");
}

void Ledger::verify_workers() const {
    std::size_t awaited = 0, listed = 0;
    workers_.for_each([&](Index index, const Worker& worker) {
        ensure(workers_.find(worker.pid) == index, "a worker isn't found under its pid");
        ensure(worker.standing == standing_of(worker), "a worker's standing is not what its facts say");
        ensure(worker.user != none || worker.session_count == 0, "a worker of nobody has a session");
        ensure(!(worker.offered && worker.named), "a worker is promised to a login and to the master");
        ensure((worker.offered || worker.named) == (worker.reserved_until != Time{}), "a reservation has no end");
        awaited += worker.awaited ? 1 : 0;
        const auto sessions = members<&Session::of_owner>(sessions_.items(), worker.sessions);
        ensure(sessions.size() == worker.session_count, "a worker's sessions are miscounted");
        for (const auto session : sessions)
            ensure(sessions_[session].owner == index, "a session is another worker's");
        listed += sessions.size();
    });
    ensure(awaited == awaited_, "awaited workers are miscounted");
    std::size_t owned = 0;
    sessions_.for_each([&](Index, const Session& session) { owned += session.owner != none ? 1 : 0; });
    ensure(owned == listed, "a session's owner doesn't list it");

    for (std::size_t i = 0; i < services_.size(); ++i) {
        const auto& pool = services_[i].idle;
        std::unordered_set<Index> idle;
        IdlePool sum;
        Time last = Time::max();
        for (const auto worker : members<&Worker::of_idle>(workers_.items(), pool.chain)) {
            const auto& self = workers_[worker];
            ensure(self.service == i && is_evictable(self), "the chain of idle workers holds one that isn't");
            ensure(self.idle_since <= last, "the chain of idle workers isn't in order");
            ensure(self.counted_kib == self.memory_kib, "an idle worker counts with another memory than it has");
            last = self.idle_since;
            idle.insert(worker);
            ++sum.count;
            sum.offered += self.offered ? 1 : 0;
            sum.yielded += self.yielded ? 1 : 0;
            if (self.counted_kib == 0) continue;
            ++sum.measured;
            sum.memory_kib += self.counted_kib;
            sum.named += self.named ? 1 : 0;
            sum.named_kib += self.named ? self.counted_kib : 0;
        }
        ensure(pool.count == sum.count && pool.offered == sum.offered && pool.yielded == sum.yielded,
            "idle workers are miscounted");
        ensure(pool.measured == sum.measured && pool.memory_kib == sum.memory_kib && pool.named == sum.named &&
                   pool.named_kib == sum.named_kib,
            "the memory of idle workers is miscounted");
        const auto& memory = services_[i].memory;
        ensure(memory.excess() <= pool.count - pool.named, "more idle workers should go than there are");
        ensure(memory.limit_kib() == 0 || pool.memory_kib <= memory.limit_kib() || memory.is_shedding(),
            "idle workers hold too much and none is to go");
        ensure(services_[i].bound <= services_[i].peak, "the peak is below what there is");
        const auto& returns = services_[i].returns;
        returns.verify_invariants();
        ensure(returns.size() == (services_[i].least_expected ? pool.count : 0), "expected returns are miscounted");
        for (const auto worker : idle)
            ensure(returns.contains(worker) == services_[i].least_expected, "an idle worker's user isn't expected");
        std::size_t leaving = 0;
        workers_.for_each([&](Index, const Worker& worker) { leaving += worker.service == i && worker.leaving ? 1 : 0; });
        ensure(leaving == services_[i].leaving, "leaving workers are miscounted");
        workers_.for_each([&](Index index, const Worker& worker) {
            if (worker.service == i) ensure(is_evictable(worker) == idle.contains(index), "an idle worker is missing");
        });
    }
}

void Ledger::verify_sessions() const {
    std::unordered_set<std::uint64_t> pairs;
    sessions_.for_each([&](Index index, const Session& session) {
        ensure(session.owner != none || session.lease != none, "a session without owner or lease is remembered");
        ensure(sessions_.find(session.id) == index, "a session isn't found under its id");
        ensure(session.owner == none || workers_[session.owner].user == session.user, "a session is another user's");
        if (session.lease != none) {
            ensure(leases_[session.lease].session == session.id, "a session's lease is another session's");
            ensure(leases_[session.lease].stage != Stage::reported, "a finished lookup still leases");
        }
        ensure(sessions_.count(session.user, session.address) > 0, "a session isn't counted");
        pairs.insert((std::uint64_t{session.user} << 32) | session.address);
    });
    ensure(pairs.size() == sessions_.counted_pairs(), "sessions that don't exist are counted");
}

void Ledger::verify_leases() const {
    std::vector<std::size_t> cold(services_.size()), waiting(services_.size());
    leases_.for_each([&](Index index, const Lease& lease) {
        ensure(leases_.find(lease.stream, lease.id) == index, "a lookup isn't found under its number");
        const auto service = users_[lease.user].service;
        const auto session = sessions_.find(lease.session);
        const bool holds = session != none && sessions_[session].lease == index;
        ensure(holds == (lease.stage != Stage::reported), "an open lookup doesn't lease its session");
        cold[service] += lease.stage == Stage::cold ? 1 : 0;
        waiting[service] += lease.stage == Stage::waiting ? 1 : 0;
        const auto load = services_[service].queue.load_of(lease.user);
        ensure(lease.stage != Stage::waiting || load == users_[lease.user].sessions, "the queue has an old load");
    });
    for (std::size_t i = 0; i < services_.size(); ++i) {
        ensure(services_[i].cold == cold[i], "slots are miscounted");
        ensure(services_[i].queue.size() == waiting[i], "the queue is miscounted");
        ensure(services_[i].queue.size() <= queue_max, "the queue is over its bound");
        ensure(services_[i].queue.size() == 0 || !has_slot(services_[i]), "somebody waits although a slot is free");
        ensure((services_[i].queue.oldest() == none) == (waiting[i] == 0), "the queue has no oldest");
    }
}

} // namespace hearth::anvil
