// SPDX-License-Identifier: Apache-2.0
#include "workers.hpp"
#include "base/ensure.hpp"

namespace hearth::anvil {
namespace {

constexpr auto minus_one = ~std::uint32_t{0}; // of counters

} // namespace

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

void Workers::remove(Index worker, IdlePool& idle) {
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

void Workers::unbind(Index worker, IdlePool& idle) {
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

void Workers::leave_chains(Index worker, IdlePool& idle) {
    auto& self = items_[worker];
    if (auto* chain = chain_of(users_[self.user], self.standing)) unlink<&Worker::of_user>(items_, *chain, worker);
    if (is_in(idle, worker)) leave(idle, worker);
}

bool Workers::is_in(const IdlePool& idle, Index worker) const {
    const auto& link = items_[worker].of_idle;
    return link.previous != none || link.next != none || idle.chain.first == worker;
}

void Workers::enter(IdlePool& idle, Index worker) {
    push_front<&Worker::of_idle>(items_, idle.chain, worker);
    items_[worker].counted_kib = items_[worker].memory_kib;
    count(idle, worker, 1);
}

void Workers::leave(IdlePool& idle, Index worker) {
    unlink<&Worker::of_idle>(items_, idle.chain, worker);
    count(idle, worker, minus_one);
    items_[worker].counted_kib = 0;
}

// Adds what the worker is in the pool, or with -1 (as an unsigned number) takes it away.
void Workers::count(IdlePool& idle, Index worker, std::uint32_t sign) {
    const auto& self = items_[worker];
    const auto kib = sign == 1 ? std::uint64_t{self.counted_kib} : std::uint64_t{0} - self.counted_kib;
    idle.count += sign;
    if (self.offered) idle.offered += sign;
    if (self.yielded) idle.yielded += sign;
    if (self.counted_kib == 0) return;
    idle.measured += sign;
    idle.memory_kib += kib;
    if (!self.named) return;
    idle.named += sign;
    idle.named_kib += kib;
}

void Workers::place(Index worker, IdlePool& idle, bool used, Time now) {
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

    const bool among_idle = is_in(idle, worker);
    const bool belongs = is_evictable(self);
    if (among_idle && (!belongs || used)) leave(idle, worker);
    if (belongs && (!among_idle || used)) {
        enter(idle, worker);
        self.idle_since = now;
    } else if (belongs && self.counted_kib != self.memory_kib) {
        count(idle, worker, minus_one);
        self.counted_kib = self.memory_kib;
        count(idle, worker, 1);
    }
}

void Workers::reserve(Index worker, IdlePool& idle, bool offered, bool named, Time until) {
    auto& self = items_[worker];
    const bool counts = is_in(idle, worker);
    if (counts) count(idle, worker, minus_one);
    self.offered = offered;
    self.named = named;
    self.reserved_until = until;
    if (counts) count(idle, worker, 1);
}

void Workers::offer(Index worker, IdlePool& idle, Time until) {
    yield(worker, idle, false);
    reserve(worker, idle, true, false, until);
}

void Workers::name(Index worker, IdlePool& idle, Time until) {
    reserve(worker, idle, false, true, until);
}

void Workers::release(Index worker, IdlePool& idle) {
    reserve(worker, idle, false, false, {});
}

void Workers::yield(Index worker, IdlePool& idle, bool yielded) {
    auto& self = items_[worker];
    if (self.yielded == yielded) return;
    self.yielded = yielded;
    if (is_in(idle, worker)) idle.yielded += yielded ? 1 : minus_one;
}

} // namespace hearth::anvil
