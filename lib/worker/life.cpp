// SPDX-License-Identifier: Apache-2.0
#include "worker/life.hpp"
#include "base/ensure.hpp"
#include "base/skip_check.hpp"

#include <algorithm>

namespace hearth::worker {

std::string_view name(LeaveReason reason) {
    switch (reason) {
    case LeaveReason::idle_kill: return "idle_kill";
    case LeaveReason::evicted: return "evicted";
    case LeaveReason::recycled: return "recycled";
    case LeaveReason::kicked: return "kicked";
    case LeaveReason::generation: return "generation";
    case LeaveReason::stale: return "stale";
    case LeaveReason::shutdown: return "shutdown";
    case LeaveReason::wrong_user: return "wrong-user";
    case LeaveReason::fault: return "fault";
    }
    return "?";
}

Life::Life(LifeLimits limits) : limits_(limits) {
    limits_.client_limit = std::max<std::uint32_t>(1, limits_.client_limit);
    limits_.service_count = std::max<std::uint64_t>(1, limits_.service_count);
}

void Life::bound(Time now) {
    ensure(stage_ == Stage::unbound, "a worker is bound once, and not while it leaves");
    stage_ = Stage::bound;
    was_bound_ = true;
    idle_since_ = now;
}

void Life::taken(Time now) {
    ensure(stage_ == Stage::bound && sessions_ < limits_.client_limit, "a session was taken without room for it");
    ++sessions_;
    ++served_;
    idle_since_ = now;
    if (served_ >= limits_.service_count) leave(LeaveReason::recycled);
}

void Life::ended(Time now) {
    ensure(sessions_ > 0, "a session ended that never began");
    --sessions_;
    idle_since_ = now;
}

bool Life::asked_to_leave() {
    if (sessions_ == 0) leave(LeaveReason::evicted);
    return stage_ == Stage::leaving;
}

void Life::leave(LeaveReason reason) {
    if (stage_ == Stage::leaving) return;
    stage_ = Stage::leaving;
    reason_ = reason;
}

void Life::passed(Time now) {
    const auto deadline = idle_deadline();
    if (deadline && now >= *deadline) leave(LeaveReason::idle_kill);
}

FirstAnswer Life::first_answer(Origin origin, std::uint32_t generation) const {
    if (stage_ == Stage::leaving) return FirstAnswer::leaving;
    if (generation > limits_.generation && !skips(11)) return FirstAnswer::old_generation;
    // A bound worker may still hold an offer that it accepted on the shared listener: most likely another user's. An
    // unbound one owns no open gate, so what comes through it was not sent by a login that follows the rules.
    if ((origin == Origin::shared) != (stage_ == Stage::unbound)) return FirstAnswer::busy;
    if (sessions_ >= limits_.client_limit) return FirstAnswer::busy;
    return FirstAnswer::read_grant;
}

bool Life::is_open() const {
    return stage_ == Stage::bound && sessions_ < limits_.client_limit;
}

std::optional<Time> Life::idle_deadline() const {
    if (!is_idle() || !limits_.idle_kill) return std::nullopt;
    return idle_since_ + *limits_.idle_kill;
}

void Life::verify_invariants() const {
    ensure(sessions_ <= limits_.client_limit, "more sessions than client_limit");
    ensure(served_ >= sessions_, "sessions that were never served");
    ensure(served_ <= limits_.service_count, "more sessions served than service_count");
    ensure((stage_ == Stage::leaving) == reason_.has_value(), "leaving without a reason, or a reason without leaving");
    ensure(stage_ != Stage::unbound || served_ == 0, "an unbound worker has served somebody");
    ensure(stage_ != Stage::bound || was_bound_, "bound without having been bound");
    ensure(was_bound_ || served_ == 0, "a worker served a session and was never bound");
    ensure(!is_open() || (stage_ == Stage::bound && served_ < limits_.service_count),
        "the gate is open and nobody may enter");
    ensure(!idle_deadline() || sessions_ == 0, "a busy worker has an idle deadline");
    ensure(!is_over() || !is_open(), "a gate stands open behind a worker that is over");
}

} // namespace hearth::worker
