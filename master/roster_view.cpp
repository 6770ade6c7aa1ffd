// SPDX-License-Identifier: Apache-2.0
// What the roster tells about itself: views for the administrator, and the proof that it is consistent.
#include "roster.hpp"

#include <stdexcept>

namespace hearth::master {

std::optional<ProcessView> Roster::process(pid_t pid) const {
    const auto found = workers_.find(pid);
    if (found == workers_.end()) return std::nullopt;
    const auto& worker = found->second;
    return ProcessView{.pid = pid,
        .service = worker.pool->rule.name,
        .state = worker.state,
        .generation = worker.generation,
        .started = worker.started,
        .changed = worker.changed,
        .asked = worker.asked};
}

std::vector<ProcessView> Roster::processes() const {
    std::vector<ProcessView> result;
    result.reserve(workers_.size());
    for (const auto& [pid, worker] : workers_) result.push_back(*process(pid));
    return result;
}

ExitReason Roster::end_of(pid_t pid, bool clean) const {
    const auto found = workers_.find(pid);
    if (found == workers_.end()) return ExitReason::other;
    const auto& worker = found->second;
    // What it or we said before: but one that dies of a signal nobody sent has crashed, whatever it was about to do.
    if (clean || (worker.ended_by_us && worker.asked)) return worker.reason.value_or(ExitReason::other);
    return ExitReason::crash;
}

std::vector<ServiceView> Roster::services(Time now) const {
    std::vector<ServiceView> result;
    for (const auto& [service, pool] : pools_) {
        ServiceView view{.name = service,
            .per_user = pool.rule.per_user,
            .listening = pool.polling,
            .removed = pool.removed,
            .healthy = pool.throttle.is_healthy(),
            .count = pool.count,
            .process_limit = pool.rule.process_limit,
            .process_min_avail = pool.rule.process_min_avail,
            .process_limit_reserve = pool.rule.process_limit_reserve,
            .generation = generation_,
            .cold = pool.cold,
            .waiting = pool.waiting,
            .peak = pool.peak,
            .failures_in_second = pool.throttle.failures_in_second(now),
            .started = pool.total,
            .evicted = pool.evicted,
            .declined = pool.declined,
            .failed = pool.failed,
            .limit_hits = pool.limit_hits,
            .throttled_until = {},
            .last_failure = pool.last_failure,
            .start_time = pool.start_time,
            .excess = pool.excess,
            .idle_kib = pool.idle_kib,
            .ends = pool.ends};
        if (!pool.throttle.allows(now)) view.throttled_until = pool.throttle.until();
        result.push_back(std::move(view));
    }
    return result;
}

void Roster::verify_invariants() const {
    const auto require = [](bool holds, const char* what) {
        if (!holds) throw std::logic_error(what);
    };
    struct Sum {
        std::array<std::uint32_t, worker_states> count{};
        std::uint32_t fresh_starting = 0, fresh_unbound = 0, asked = 0, ordered = 0, fixed = 0, for_memory = 0;
    };
    std::map<const Pool*, Sum> sums;
    std::size_t with_deadline = 0;
    for (const auto& [pid, worker] : workers_) {
        auto& sum = sums[worker.pool];
        const bool fresh = worker.generation == generation_ && !worker.pool->removed;
        ++sum.count[static_cast<std::size_t>(worker.state)];
        if (fresh && worker.state == WorkerState::starting) ++sum.fresh_starting;
        if (fresh && worker.state == WorkerState::unbound) ++sum.fresh_unbound;
        if (worker.state == WorkerState::bound) {
            ++(worker.request != 0 ? sum.asked : sum.ordered);
            require(worker.request != 0 || worker.pool->bound_order.contains({worker.busy_seen, pid}),
                "a bound worker that wasn't asked stands in the order");
        }
        if (worker.for_memory && (worker.request != 0 || worker.state == WorkerState::leaving)) ++sum.for_memory;
        if (!worker.pool->rule.per_user) ++sum.fixed;
        if (worker.deadline) ++with_deadline;
        require(worker.pid == pid, "a worker stands under its pid");
        require(worker.state != WorkerState::gone, "the dead are not in the table");
        require(worker.request == 0 || worker.state == WorkerState::bound, "only bound workers are asked to leave");
        require(!worker.deadline || deadlines_.contains({*worker.deadline, pid}), "a deadline is in the index");
        require(worker.pool->rule.per_user || worker.state != WorkerState::bound, "only workers of users are bound");
    }
    require(with_deadline == deadlines_.size(), "the index has no deadline of nobody");
    for (const auto& [service, pool] : pools_) {
        const auto& sum = sums[&pool];
        require(pool.count == sum.count, "states are counted right");
        require(pool.fresh_starting == sum.fresh_starting && pool.fresh_unbound == sum.fresh_unbound,
            "the processes of this generation are counted right");
        require(pool.asked == sum.asked && pool.bound_order.size() == sum.ordered, "bound is asked or in the order");
        require(pool.for_memory == sum.for_memory, "those asked for memory's sake are counted right");
        require(pool.fixed.size() == sum.fixed, "the processes of a fixed service are listed");
        require(pool.decided.size() == pool.spawning, "each start under way was decided at a time");
        require(pool.ask_id == 0 || anvil_up_, "no question is open without anvil");
    }
}

} // namespace hearth::master
