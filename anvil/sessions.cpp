// SPDX-License-Identifier: Apache-2.0
#include "sessions.hpp"
#include "base/ensure.hpp"

namespace hearth::anvil {

Index Sessions::find(const SessionId& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? none : found->second;
}

Index Sessions::add(const SessionId& id, Index user, Index address, Time now) {
    Session session;
    session.id = id;
    session.user = user;
    session.address = address;
    session.since = now;
    const auto index = items_.add(session);
    const bool added = by_id_.emplace(id, index).second;
    ensure(added, "a session is there twice");
    addresses_.acquire(address);
    ++users_[user].sessions;
    ++counts_[pair(user, address)];
    return index;
}

std::uint32_t Sessions::count(Index user, Index address) const {
    const auto found = counts_.find(pair(user, address));
    return found == counts_.end() ? 0 : found->second;
}

void Sessions::give(Index session, Index worker) {
    auto& self = items_[session];
    if (self.owner == worker) return;
    if (self.owner != none) take_from_owner(session);
    self.owner = worker;
    auto& owner = workers_[worker];
    push_front<&Session::of_owner>(items_, owner.sessions, session);
    ++owner.session_count;
}

void Sessions::take_from_owner(Index session) {
    auto& self = items_[session];
    auto& owner = workers_[self.owner];
    unlink<&Session::of_owner>(items_, owner.sessions, session);
    --owner.session_count;
    self.owner = none;
}

void Sessions::release(Index session) {
    const auto& self = items_[session];
    if (self.owner != none || self.lease != none) return;
    const auto counted = counts_.find(pair(self.user, self.address));
    ensure(counted != counts_.end(), "a session was never counted");
    if (--counted->second == 0) counts_.erase(counted);
    --users_[self.user].sessions;
    users_.release(self.user);
    addresses_.release(self.address);
    by_id_.erase(self.id);
    items_.remove(session);
}

} // namespace hearth::anvil
