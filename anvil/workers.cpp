// SPDX-License-Identifier: Apache-2.0
#include "workers.hpp"
#include "base/ensure.hpp"

namespace hearth::anvil {

Standing standing_of(const Worker& worker) {
    if (worker.user == none) return Standing::unbound;
    if (worker.leaving) return Standing::leaving;
    if (worker.silent) return Standing::silent;
    if (!worker.accepts) return Standing::full;
    if (worker.session_count == 0) return Standing::idle;
    return worker.session_count < worker.client_limit ? Standing::room : Standing::full;
}

bool is_evictable(const Worker& worker) {
    return worker.user != none && !worker.leaving && worker.session_count == 0;
}

std::string_view name(Standing standing) {
    switch (standing) {
    case Standing::unbound: return "unbound";
    case Standing::idle: return "idle";
    case Standing::room: return "room";
    case Standing::full: return "full";
    case Standing::leaving: return "leaving";
    case Standing::silent: return "silent";
    }
    return "?";
}

Index Workers::find(std::uint32_t pid) const {
    const auto found = by_pid_.find(pid);
    return found == by_pid_.end() ? none : found->second;
}

Index Workers::add(std::uint32_t pid, ServiceIndex service, Time now) {
    Worker worker;
    worker.pid = pid;
    worker.service = service;
    worker.started = now;
    const auto index = items_.add(worker);
    const bool added = by_pid_.emplace(pid, index).second;
    ensure(added, "a pid is there twice");
    return index;
}

void Workers::remove(Index worker, Chain& idle) {
    ensure(items_[worker].sessions.empty(), "a worker is forgotten before its sessions");
    if (items_[worker].user != none) unbind(worker, idle);
    by_pid_.erase(items_[worker].pid);
    items_.remove(worker);
}

void Workers::bind(Index worker, Index user, const protocol::IdentityHash& identity) {
    items_[worker].user = user;
    items_[worker].identity = identity;
    ++users_[user].workers;
}

void Workers::unbind(Index worker, Chain& idle) {
    leave_chains(worker, idle);
    auto& self = items_[worker];
    const auto user = std::exchange(self.user, none);
    self.standing = Standing::unbound;
    --users_[user].workers;
    users_.release(user);
}

Stack* Workers::chain_of(User& user, Standing standing) {
    switch (standing) {
    case Standing::idle: return &user.idle;
    case Standing::room:
    case Standing::full: return &user.active;
    case Standing::leaving:
    case Standing::silent: return &user.out;
    case Standing::unbound: break;
    }
    return nullptr;
}

void Workers::leave_chains(Index worker, Chain& idle) {
    auto& self = items_[worker];
    if (auto* chain = chain_of(users_[self.user], self.standing)) unlink<&Worker::of_user>(items_, *chain, worker);
    const bool among_idle = self.of_idle.previous != none || self.of_idle.next != none || idle.first == worker;
    if (among_idle) unlink<&Worker::of_idle>(items_, idle, worker);
}

void Workers::place(Index worker, Chain& idle, bool used, Time now) {
    auto& self = items_[worker];
    auto& user = users_[self.user];
    const auto standing = standing_of(self);
    auto* const before = chain_of(user, self.standing);
    auto* const after = chain_of(user, standing);
    self.standing = standing;
    if (before != after || used) {
        if (before != nullptr) unlink<&Worker::of_user>(items_, *before, worker);
        push_front<&Worker::of_user>(items_, *after, worker);
    }

    const bool among_idle = self.of_idle.previous != none || self.of_idle.next != none || idle.first == worker;
    const bool belongs = is_evictable(self);
    if (among_idle && (!belongs || used)) unlink<&Worker::of_idle>(items_, idle, worker);
    if (belongs && (!among_idle || used)) {
        push_front<&Worker::of_idle>(items_, idle, worker);
        self.idle_since = now;
    }
}

} // namespace hearth::anvil
