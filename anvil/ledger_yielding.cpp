// SPDX-License-Identifier: Apache-2.0
// Fairness where the queue alone can't give it. A worker serves its own user only, so who holds many workers could keep
// them for ever: whenever one is free, another of his own connections waits for it. So at the limit a user leaves his
// idle worker alone while every idle worker is needed for others, who have fewer sessions than he. The master, who is
// told that they wait, asks it to go, and its place is theirs.
//
// Who has no more than those that wait keeps his warm worker: nobody's click is made cold for somebody's equal.
#include "ledger.hpp"

namespace hearth::anvil {

bool Ledger::must_yield(Index user) const {
    const auto& self = users_[user];
    const auto& service = services_[self.service];
    if (self.idle.empty() || service.queue.size() == 0) return false;
    return service.queue.waits_below(self.sessions, std::max(1U, service.idle.spare()), walk_max);
}

void Ledger::yield_idle(Index user, const protocol::IdentityHash& identity, Time now) {
    auto& idle = services_[users_[user].service].idle;
    for (const auto index : members<&Worker::of_user>(workers_.items(), users_[user].idle, walk_max)) {
        const auto& worker = workers_[index];
        if (worker.identity == identity && worker.reserved_until <= now) workers_.yield(index, idle, true);
    }
}

/// Names workers that were left to others to their own users, when there are enough for the others.
void Ledger::take_back_yielded(Service& service, Time now) {
    while (service.idle.yielded > 0 && service.queue.size() > 0) {
        const auto lease = next_to_take_back(service, now);
        if (lease == none) return;
        answer_candidates(lease, candidates(leases_[lease].user, leases_[lease].identity, now), now);
    }
}

Index Ledger::next_to_take_back(const Service& service, Time now) const {
    Index found = none;
    std::size_t walked = 0, below = 0, equal = 0; // lookups of users with less, and with as much
    std::uint32_t load = 0;
    service.queue.in_turn([&](Index user) {
        const auto own = users_[user].sessions;
        if (own > load) {
            below += std::exchange(equal, 0);
            load = own;
        }
        if (below >= std::max(1U, service.idle.spare()) || walked++ == walk_max) return false;
        found = lookup_for_yielded(service, user, now);
        equal += service.queue.count_of(user);
        return found == none;
    });
    return found;
}

/// A waiting lookup of the user that one of the user's yielded workers can serve, or none.
Index Ledger::lookup_for_yielded(const Service& service, Index user, Time now) const {
    for (const auto index : members<&Worker::of_user>(workers_.items(), users_[user].idle, walk_max)) {
        const auto& worker = workers_[index];
        if (!worker.yielded || worker.reserved_until > now || worker.generation < service.generation) continue;
        for (const auto lease : service.queue.of(user, walk_max))
            if (leases_[lease].identity == worker.identity) return lease;
    }
    return none;
}

} // namespace hearth::anvil
