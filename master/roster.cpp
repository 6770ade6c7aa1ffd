// SPDX-License-Identifier: Apache-2.0
// Events and bookkeeping. What follows from them is decided in roster_capacity.cpp and roster_stages.cpp.
#include "roster.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::master {

std::uint32_t Roster::Pool::room() const {
    // Old login and auth processes finish beside the new ones, so only this generation counts there.
    const auto used = (rule.per_user ? live() : fresh()) + spawning;
    return used < rule.process_limit ? rule.process_limit - used : 0;
}

std::uint32_t Roster::Pool::fixed_target() const {
    return std::min(std::max(1U, rule.process_min_avail), std::max(1U, rule.process_limit));
}

Roster::Pool* Roster::find_pool(std::string_view service) {
    const auto found = pools_.find(service);
    return found == pools_.end() ? nullptr : &found->second;
}

Roster::Worker* Roster::find_worker(pid_t pid) {
    const auto found = workers_.find(pid);
    return found == workers_.end() ? nullptr : &found->second;
}

// ---- Bookkeeping

void Roster::count_worker(const Worker& worker, bool add) {
    auto& pool = *worker.pool;
    const auto change = [add](std::uint32_t& counter) { counter = add ? counter + 1 : counter - 1; };
    change(pool.count[static_cast<std::size_t>(worker.state)]);
    if (worker.generation == generation_ && !pool.removed) {
        if (worker.state == WorkerState::starting) change(pool.fresh_starting);
        if (worker.state == WorkerState::unbound) change(pool.fresh_unbound);
    }
    if (worker.state == WorkerState::bound) {
        if (worker.request != 0) change(pool.asked);
        else if (add) pool.bound_order.emplace(worker.busy_seen, worker.pid);
        else pool.bound_order.erase({worker.busy_seen, worker.pid});
    }
    if (worker.for_memory && (worker.request != 0 || worker.state == WorkerState::leaving)) change(pool.for_memory);
    pool.peak = std::max(pool.peak, pool.live());
}

bool Roster::move(Worker& worker, WorkerEvent event, Time now) {
    const auto to = next_state(worker.state, event);
    if (!to) {
        ++illegal_moves_;
        actions_.emplace_back(Remark{true, fmt::format("service {}: pid {} said \"{}\" while {}; ignored",
            worker.pool->rule.name, worker.pid, name(event), name(worker.state))});
        return false;
    }
    if (*to == worker.state) return true;
    count_worker(worker, false);
    worker.state = *to;
    worker.changed = now;
    worker.busy_seen = now;
    worker.request = 0;
    if (worker.state != WorkerState::gone) count_worker(worker, true);
    set_deadline(worker, std::nullopt);
    return true;
}

void Roster::set_deadline(Worker& worker, std::optional<Time> deadline) {
    if (worker.deadline) deadlines_.erase({*worker.deadline, worker.pid});
    worker.deadline = deadline;
    if (deadline) deadlines_.emplace(*deadline, worker.pid);
}

void Roster::add_worker(Pool& pool, pid_t pid, std::uint32_t generation, Time now) {
    auto& worker = workers_[pid];
    worker.pid = pid;
    worker.pool = &pool;
    worker.generation = generation;
    worker.started = worker.changed = worker.busy_seen = now;
    ++pool.total;
    if (!pool.rule.per_user) pool.fixed.insert(pid);
    count_worker(worker, true);
    set_deadline(worker, now + starting_time_max);
}

// The worker stays with its client, as far as we know: not the next one to be asked again.
void Roster::close_request(Worker& worker, Time now) {
    count_worker(worker, false);
    worker.request = 0;
    worker.for_memory = false;
    worker.busy_seen = now;
    count_worker(worker, true);
    set_deadline(worker, std::nullopt);
    ++worker.pool->declined;
}

void Roster::retire(Worker& worker, Time) {
    worker.ended_by_us = true;
    if (!worker.reason) worker.reason = ExitReason::generation;
    // Before READY it has no handler and would die of the signal, perhaps with an offer in its hand.
    if (worker.state != WorkerState::starting) actions_.emplace_back(SignalRetire{worker.pid});
}

void Roster::terminate(Worker& worker, Time now) {
    if (worker.ended_by_us && worker.asked) return;
    worker.ended_by_us = true;
    if (!worker.reason) worker.reason = is_stopping() ? ExitReason::shutdown : ExitReason::generation;
    worker.asked = now;
    actions_.emplace_back(Terminate{worker.pid});
}

void Roster::kill(Worker& worker, std::string why, Time now) {
    worker.ended_by_us = true;
    worker.asked = now;
    set_deadline(worker, std::nullopt);
    actions_.emplace_back(Kill{worker.pid, std::move(why)});
}

void Roster::after(Pool& pool, Time now) {
    evaluate(pool, now);
    advance(now);
}

// ---- Events

void Roster::configure(std::span<const ServiceRule> rules, std::uint32_t generation, Time now) {
    generation_ = generation;
    settled_ = false;
    for (auto& [service, pool] : pools_) pool.removed = true;
    for (const auto& rule : rules) {
        auto& pool = pools_[rule.name];
        pool.rule = rule;
        pool.removed = false;
        pool.throttle.forgive();
    }
    // Anvil is kept over a reload: it is of every generation.
    for (auto& [pid, worker] : workers_)
        if (worker.pool->rule.stage == Stage::anvil) worker.generation = generation;
    for (auto& [service, pool] : pools_) {
        const bool kept = pool.rule.stage == Stage::anvil && !pool.removed;
        pool.fresh_starting = kept ? pool.in(WorkerState::starting) : 0;
        pool.fresh_unbound = kept ? pool.in(WorkerState::unbound) : 0;
        if (!kept && !pool.fixed.empty()) old_processes_ = true;
    }
    for (auto& [pid, worker] : workers_)
        if (worker.pool->rule.per_user && worker.state != WorkerState::leaving) retire(worker, now);
    stage_ = Stage::anvil;
    stage_deadline_ = now + stage_time_max;
    for (auto& [service, pool] : pools_) evaluate(pool, now);
    advance(now);
}

void Roster::started(std::string_view service, pid_t pid, std::uint32_t generation, Time now) {
    auto* pool = find_pool(service);
    if (pool == nullptr) return;
    const auto wanted = spawn_over(*pool, now);
    add_worker(*pool, pid, generation, now);
    workers_[pid].wanted = wanted;
    if (is_stopping()) terminate(workers_[pid], now);
    after(*pool, now);
}

void Roster::spawn_failed(std::string_view service, Time now) {
    auto* pool = find_pool(service);
    if (pool == nullptr) return;
    spawn_over(*pool, now);
    ++pool->failed;
    pool->last_failure = now;
    pool->throttle.ended({.before_ready = true, .per_user = pool->rule.per_user}, now);
    if (!forget_if_removed(*pool, now)) after(*pool, now);
}

void Roster::spawn_lost(std::string_view service, Time now) {
    auto* pool = find_pool(service);
    if (pool == nullptr) return;
    spawn_over(*pool, now);
    if (!forget_if_removed(*pool, now)) after(*pool, now);
}

Time Roster::spawn_over(Pool& pool, Time now) {
    if (pool.spawning > 0) --pool.spawning;
    if (pool.decided.empty()) return now;
    const auto wanted = pool.decided.front();
    pool.decided.pop_front();
    return wanted;
}

// True: the pool is gone.
bool Roster::forget_if_removed(Pool& pool, Time now) {
    if (!pool.removed || pool.live() != 0 || pool.spawning != 0) return false;
    if (pool.polling) actions_.emplace_back(PollListener{pool.rule.name, false});
    const auto name = pool.rule.name;
    pools_.erase(name);
    advance(now);
    return true;
}

void Roster::ready(pid_t pid, Time now) {
    auto* worker = find_worker(pid);
    if (worker == nullptr || !move(*worker, WorkerEvent::ready, now)) return;
    worker->pool->throttle.became_ready();
    worker->pool->start_time = now - worker->wanted;
    if (worker->pool->rule.per_user && worker->generation != generation_) retire(*worker, now);
    after(*worker->pool, now);
}

void Roster::bound(pid_t pid, Time now) {
    auto* worker = find_worker(pid);
    if (worker == nullptr) return;
    if (!worker->pool->rule.per_user) {
        ++illegal_moves_;
        return;
    }
    if (!move(*worker, WorkerEvent::bound, now)) return;
    // It has taken one of the newcomers that anvil counted; anvil's next word replaces this guess.
    if (worker->pool->cold > 0) --worker->pool->cold;
    after(*worker->pool, now);
}

namespace {

// The worker's words are those of worker::LeaveReason (docs/protocol/worker.md).
ExitReason reason_of(std::string_view word, bool for_memory) {
    if (word == "idle_kill") return ExitReason::idle_kill;
    if (word == "evicted") return for_memory ? ExitReason::memory : ExitReason::eviction;
    if (word == "recycled" || word == "stale") return ExitReason::recycling;
    if (word == "kicked") return ExitReason::kick;
    if (word == "generation") return ExitReason::generation;
    if (word == "shutdown") return ExitReason::shutdown;
    return ExitReason::other;
}

} // namespace

void Roster::leaving(pid_t pid, std::uint32_t sequence, std::string_view reason, Time now) {
    auto* worker = find_worker(pid);
    if (worker == nullptr) return;
    const bool evicted = worker->request != 0 && worker->request == sequence;
    // The first word counts: an answer to a request that crossed it is about what was decided already.
    if (worker->state != WorkerState::leaving) worker->reason = reason_of(reason, worker->for_memory);
    if (!move(*worker, WorkerEvent::leaving, now)) return;
    worker->ended_by_us = true;
    if (evicted) {
        ++worker->pool->evicted;
        set_deadline(*worker, now + evicted_exit_max); // it is idle: nothing can hold it
    }
    after(*worker->pool, now);
}

void Roster::staying(pid_t pid, std::uint32_t sequence, Time now) {
    auto* worker = find_worker(pid);
    if (worker == nullptr || worker->request == 0 || worker->request != sequence) return; // late or invented
    close_request(*worker, now);
    after(*worker->pool, now);
}

void Roster::exited(pid_t pid, bool clean, Time now) {
    auto* worker = find_worker(pid);
    if (worker == nullptr) return;
    auto& pool = *worker->pool;
    const bool by_us = worker->ended_by_us;
    ++pool.ends.at(static_cast<std::size_t>(end_of(pid, clean)));
    const Throttle::End end{.clean = clean || by_us,
        .before_ready = worker->state == WorkerState::starting && !by_us,
        .asked = by_us,
        .per_user = pool.rule.per_user,
        .age = now - worker->started};
    move(*worker, WorkerEvent::exited, now);
    pool.fixed.erase(pid);
    workers_.erase(pid);
    if (!end.clean || end.before_ready) {
        ++pool.failed;
        pool.last_failure = now;
    }
    if (!is_stopping() && !pool.removed && pool.throttle.ended(end, now)) {
        const auto pause = std::chrono::duration_cast<std::chrono::seconds>(pool.throttle.until() - now);
        actions_.emplace_back(Remark{true,
            fmt::format("service {}: processes fail {}; the next is started in {} s (earlier log lines say why)",
                pool.rule.name, end.before_ready ? "before they are ready" : "too often", pause.count())});
    }
    go_on_waiting(now);
    if (!forget_if_removed(pool, now)) after(pool, now);
}

void Roster::memory(pid_t pid, std::uint32_t kib) {
    auto* worker = find_worker(pid);
    if (worker == nullptr || kib == 0) return;
    // A running average: an eighth of the newest word, so that one odd mailbox doesn't decide.
    auto& average = worker->pool->idle_kib;
    average = average == 0 ? kib : average - average / 8 + kib / 8;
}

void Roster::demand(
    std::string_view service, std::uint32_t cold, std::uint32_t waiting, std::uint32_t excess, Time now) {
    auto* pool = find_pool(service);
    if (pool == nullptr || !pool->rule.per_user) return;
    pool->excess = excess;
    pool->cold = cold;
    pool->waiting = waiting;
    if (waiting > 0) pool->evict_not_before = now; // anvil says it again when somebody went idle
    after(*pool, now);
}

void Roster::anvil_link(bool up, Time now) {
    if (anvil_up_ == up) return;
    anvil_up_ = up;
    for (auto& [service, pool] : pools_) {
        pool.ask_id = 0;
        if (!up) pool.cold = pool.waiting = pool.excess = 0; // the next anvil says it again
        evaluate(pool, now);
    }
}

void Roster::tick(Time now) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const auto pid = deadlines_.begin()->second;
        deadlines_.erase(deadlines_.begin());
        auto& worker = workers_.at(pid);
        worker.deadline.reset();
        worker_overdue(worker, now);
    }
    for (auto& [service, pool] : pools_) evaluate(pool, now);
    advance(now);
}

void Roster::worker_overdue(Worker& worker, Time now) {
    if (worker.state == WorkerState::starting) {
        kill(worker, fmt::format("not ready after {} s", std::chrono::seconds(starting_time_max).count()), now);
        worker.ended_by_us = false; // it is a failure of the service
    } else if (worker.state == WorkerState::bound && worker.request != 0) {
        close_request(worker, now);
    } else if (worker.state == WorkerState::leaving) {
        kill(worker, fmt::format("idle, said leaving {} s ago and is still there",
            std::chrono::seconds(evicted_exit_max).count()), now);
    }
}

std::vector<Action> Roster::take_actions() {
    return std::exchange(actions_, {});
}

std::optional<Time> Roster::next_deadline() const {
    std::optional<Time> first;
    const auto consider = [&first](Time time) { first = first ? std::min(*first, time) : time; };
    if (!deadlines_.empty()) consider(deadlines_.begin()->first);
    for (const auto& [service, pool] : pools_)
        if (pool.wake) consider(*pool.wake);
    if (stop_ != Stop::none && stop_ != Stop::done) consider(stop_deadline_);
    else if (stop_ == Stop::none && stage_ != Stage::login) consider(stage_deadline_);
    return first;
}

} // namespace hearth::master
