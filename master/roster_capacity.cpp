// SPDX-License-Identifier: Apache-2.0
// How many processes of a service to start, and whom to ask to leave.
#include "roster.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::master {

namespace {

// What to set, and what it would cost.
std::string advice(std::uint32_t limit, std::uint32_t idle_kib) {
    const auto wanted = std::uint64_t{limit} * 2;
    auto text = fmt::format("raise process_limit (to {}, for instance", wanted);
    if (idle_kib != 0)
        text += fmt::format(": up to {} MiB more, at {} KiB for an idle worker", (wanted - limit) * idle_kib / 1024, idle_kib);
    return text + ")";
}

} // namespace

void Roster::evaluate(Pool& pool, Time now) {
    pool.wake.reset();
    if (is_stopping() || pool.removed) {
        if (pool.polling) actions_.emplace_back(PollListener{pool.rule.name, pool.polling = false});
        return;
    }
    start_wanted(pool, now);
    if (!pool.rule.per_user) return;
    note_limit(pool, now);
    note_nearly_full(pool, now);
    watch_listener(pool, now);
    evict(pool, now);
}

void Roster::start_wanted(Pool& pool, Time now) {
    const auto have = pool.fresh() + pool.spawning;
    const bool open = pool.rule.stage <= stage_;
    std::uint32_t wanted = 0;
    if (pool.rule.per_user) wanted = pool.cold + (open ? pool.rule.process_min_avail : 0);
    else if (open) wanted = pool.fixed_target();
    if (wanted > have) spawn(pool, wanted - have, now);
}

void Roster::note_limit(Pool& pool, Time now) {
    const bool at_limit = pool.room() == 0 && (pool.waiting > 0 || pool.cold > pool.fresh() + pool.spawning);
    if (at_limit && !pool.at_limit) {
        ++pool.limit_hits;
        if (!pool.limit_said || now - *pool.limit_said >= limit_remark_pause) {
            pool.limit_said = now;
            actions_.emplace_back(Remark{true,
                fmt::format("service {}: process_limit ({}) reached: {} processes (peak {}), {} newcomers wait until an idle "
                            "worker has left; {}, or process_limit_reserve ({}) to make room earlier",
                    pool.rule.name, pool.rule.process_limit, pool.live() + pool.spawning, pool.peak,
                    std::max(pool.waiting, pool.cold), advice(pool.rule.process_limit, pool.idle_kib),
                    pool.rule.process_limit_reserve)});
        }
    }
    pool.at_limit = at_limit;
}

void Roster::note_nearly_full(Pool& pool, Time now) {
    const std::uint64_t used = pool.live() + pool.spawning, limit = pool.rule.process_limit;
    const bool nearly_full = used * 100 >= limit * nearly_full_percent && limit > 1;
    // Once each time it gets there; a pool that breathes around the mark says so every few minutes, not every second.
    if (nearly_full && !pool.nearly_full && (!pool.nearly_full_said || now - *pool.nearly_full_said >= nearly_full_pause)) {
        pool.nearly_full_said = now;
        actions_.emplace_back(Remark{true,
            fmt::format("service {}: {} of process_limit {} in use, {} % or more; idle workers leave when room is needed; {}",
                pool.rule.name, used, limit, nearly_full_percent, advice(pool.rule.process_limit, pool.idle_kib))});
    }
    pool.nearly_full = nearly_full;
}

void Roster::spawn(Pool& pool, std::uint32_t count, Time now) {
    const auto possible = std::min(count, pool.room());
    if (possible == 0) return;
    if (!pool.throttle.allows(now)) {
        pool.wake = pool.throttle.until();
        return;
    }
    if (now - pool.round_began >= round_time) {
        pool.round_began = now;
        pool.round_spawns = 0;
    }
    const auto now_possible = std::min(possible, spawns_per_round - pool.round_spawns);
    for (std::uint32_t i = 0; i < now_possible; ++i) actions_.emplace_back(Spawn{pool.rule.name});
    pool.decided.insert(pool.decided.end(), now_possible, now);
    pool.spawning += now_possible;
    pool.round_spawns += now_possible;
    if (now_possible < possible) pool.wake = pool.round_began + round_time;
}

// With no spare worker the master itself watches the shared listener: an offer that waits there needs one, whether or
// not anvil is there to say so. At the limit nobody could be started, so nobody watches.
void Roster::watch_listener(Pool& pool, Time now) {
    const bool on = pool.in(WorkerState::starting) + pool.in(WorkerState::unbound) + pool.spawning == 0 &&
                    pool.room() > 0 && pool.throttle.allows(now);
    if (!pool.throttle.allows(now) && pool.room() > 0)
        pool.wake = pool.wake ? std::min(*pool.wake, pool.throttle.until()) : pool.throttle.until();
    if (on != pool.polling) actions_.emplace_back(PollListener{pool.rule.name, pool.polling = on});
}

void Roster::listener_ready(std::string_view service, Time now) {
    auto* pool = find_pool(service);
    if (pool == nullptr || !pool->polling) return;
    // Nobody tells how many wait: twice as many each time, while it goes on.
    pool->burst = now - pool->burst_at > burst_memory ? 1 : std::min(pool->burst * 2, spawns_per_round);
    pool->burst_at = now;
    spawn(*pool, pool->burst, now);
    after(*pool, now);
}

std::uint32_t Roster::deficit(const Pool& pool) const {
    const auto staying = pool.in(WorkerState::bound) - pool.asked;
    const auto room = pool.rule.process_limit > staying ? pool.rule.process_limit - staying : 0;
    // Without anvil nobody says that somebody waits, so one place at least is kept.
    const auto reserve = std::max(pool.rule.process_limit_reserve, anvil_up_ ? 0U : 1U);
    const auto wanted = reserve + pool.cold + pool.waiting;
    return wanted > room ? std::min(wanted - room, staying) : 0;
}

// Idle workers that should go because all of them hold too much, beside those that are asked for room or on their way.
std::uint32_t Roster::surplus(const Pool& pool) {
    const auto staying = pool.in(WorkerState::bound) - pool.asked;
    return pool.excess > pool.for_memory ? std::min(pool.excess - pool.for_memory, staying) : 0;
}

void Roster::evict(Pool& pool, Time now) {
    const auto wake_at = [&pool](Time time) { pool.wake = pool.wake ? std::min(*pool.wake, time) : time; };
    const auto missing = deficit(pool);
    const auto staying = pool.in(WorkerState::bound) - pool.asked;
    const auto wanted = std::min(missing + surplus(pool), staying);
    if (wanted == 0) {
        pool.ask_id = 0;
        return;
    }
    if (pool.ask_id != 0) {
        if (now < pool.ask_deadline) return wake_at(pool.ask_deadline);
        pool.ask_id = 0; // anvil is silent: the workers know best anyway
        ask_oldest(pool, missing, now);
        pool.evict_not_before = now + evict_pause;
        if (deficit(pool) + surplus(pool) > 0) wake_at(pool.evict_not_before);
        return;
    }
    if (now < pool.evict_not_before) return wake_at(pool.evict_not_before);
    if (anvil_up_) {
        if (++ask_sequence_ == 0) ++ask_sequence_;
        pool.ask_id = ask_sequence_;
        pool.ask_deadline = now + anvil_answer_max;
        actions_.emplace_back(AskEvictable{pool.ask_id, pool.rule.name, wanted});
        return wake_at(pool.ask_deadline);
    }
    ask_oldest(pool, missing, now);
    pool.evict_not_before = now + evict_pause;
    if (deficit(pool) > 0) wake_at(pool.evict_not_before);
}

void Roster::evictees(std::uint32_t id, std::span<const std::uint32_t> pids, Time now) {
    const auto found =
        std::ranges::find_if(pools_, [id](const auto& entry) { return id != 0 && entry.second.ask_id == id; });
    if (found == pools_.end()) return; // the question is out of date
    auto& pool = found->second;
    pool.ask_id = 0;
    const auto missing = deficit(pool), wanted = missing + surplus(pool);
    std::uint32_t asked = 0;
    for (const auto pid : pids) {
        if (asked == wanted) break;
        auto* worker = find_worker(static_cast<pid_t>(pid));
        if (worker == nullptr || worker->pool != &pool || worker->state != WorkerState::bound) continue;
        if (worker->request != 0 || (worker->asked && now < *worker->asked + idle_again_min)) continue;
        ask_to_leave(*worker, asked >= missing, now);
        ++asked;
    }
    if (asked == 0) pool.evict_not_before = now + evict_pause;
    after(pool, now);
}

void Roster::ask_to_leave(Worker& worker, bool for_memory, Time now) {
    count_worker(worker, false);
    worker.for_memory = for_memory;
    if (++sequence_ == 0) ++sequence_;
    worker.request = sequence_;
    worker.asked = now;
    count_worker(worker, true);
    set_deadline(worker, now + answer_time_max);
    actions_.emplace_back(SignalLeave{worker.pid, worker.request});
}

void Roster::ask_oldest(Pool& pool, std::uint32_t count, Time now) {
    for (std::uint32_t i = 0; i < count && !pool.bound_order.empty(); ++i) {
        auto& worker = workers_.at(pool.bound_order.begin()->second);
        // The order is by when each was last known busy: behind the first that was asked lately all were.
        if (worker.asked && now < *worker.asked + busy_time_min) return;
        ask_to_leave(worker, false, now);
    }
}

} // namespace hearth::master
