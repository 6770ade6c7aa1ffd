// SPDX-License-Identifier: Apache-2.0
// The order of starting, reloading and stopping. A stage opens when all services of the stages before it are up, or
// after stage_time_max, so that one broken service doesn't keep the others from serving.
#include "roster.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::master {

bool Roster::is_satisfied(const Pool& pool) const {
    if (pool.removed) return true;
    if (!pool.rule.per_user) return pool.fresh_unbound >= pool.fixed_target();
    return pool.fresh_starting + pool.spawning == 0 &&
           (pool.fresh_unbound >= pool.rule.process_min_avail || pool.room() == 0);
}

void Roster::advance(Time now) {
    if (is_stopping()) return advance_stop(now);
    if (settled_) {
        if (old_processes_) end_old_processes(now);
        return;
    }
    for (;;) {
        const bool satisfied = std::ranges::all_of(pools_, [this, now](const auto& entry) {
            const auto stage = entry.second.rule.stage;
            if ((stage_ == Stage::login ? stage > stage_ : stage != stage_) || is_satisfied(entry.second)) return true;
            // What is known to be broken isn't waited for, unless the old configuration's processes serve meanwhile.
            return !old_processes_ && !entry.second.throttle.allows(now);
        });
        if (stage_ == Stage::login) {
            settled_ = satisfied;
            if (satisfied) actions_.emplace_back(Settled{generation_});
            break;
        }
        if (!satisfied) {
            if (now < stage_deadline_) break;
            // On a reload the old processes serve on: no need for new logins that would have no auth.
            const bool go_on = !old_processes_;
            tell_unready(go_on);
            stage_deadline_ = now + stage_time_max;
            if (!go_on) break;
        }
        stage_ = static_cast<Stage>(static_cast<int>(stage_) + 1);
        stage_deadline_ = now + stage_time_max;
        for (auto& [service, pool] : pools_) evaluate(pool, now);
    }
    if (old_processes_) end_old_processes(now);
}

void Roster::tell_unready(bool going_on) {
    for (const auto& [service, pool] : pools_)
        if (pool.rule.stage == stage_ && !is_satisfied(pool))
            actions_.emplace_back(Remark{true,
                fmt::format("service {} isn't ready after {} s; {}", service, std::chrono::seconds(stage_time_max).count(),
                    going_on ? "going on without it" : "the processes of the old configuration serve on")});
}

// Old logins and the old auth serve on whom they have; SIGTERM would end their clients. Others know no such signal.
void Roster::replace(Worker& worker, Time now) {
    const auto stage = worker.pool->rule.stage;
    if ((stage != Stage::login && stage != Stage::auth) || worker.state == WorkerState::starting)
        return terminate(worker, now);
    if (worker.ended_by_us && worker.asked) return;
    worker.asked = now;
    retire(worker, now);
}

// A login service's old processes end as soon as the new ones serve; the old auth when no login of the old generation
// can still get a new client (it serves its connections to their end). Others end at once.
void Roster::end_old_processes(Time now) {
    bool logins_replaced = true, left = false;
    for (const auto& [service, pool] : pools_)
        if (pool.rule.stage == Stage::login && !is_satisfied(pool)) logins_replaced = false;
    for (auto& [service, pool] : pools_) {
        if (pool.fixed.empty() || (pool.rule.stage == Stage::anvil && !pool.removed)) continue;
        const bool may_end = pool.rule.stage == Stage::login  ? stage_ == Stage::login && is_satisfied(pool)
                             : pool.rule.stage == Stage::auth ? stage_ == Stage::login && logins_replaced
                                                              : is_satisfied(pool);
        for (const auto pid : pool.fixed) {
            auto& worker = workers_.at(pid);
            if (worker.generation == generation_ && !pool.removed) continue;
            if (may_end) replace(worker, now);
            else left = true;
        }
    }
    old_processes_ = left;
}

bool Roster::any_alive(Stage first, Stage last) const {
    return std::ranges::any_of(pools_, [&](const auto& entry) {
        const auto& pool = entry.second;
        return pool.rule.stage >= first && pool.rule.stage <= last && pool.live() + pool.spawning > 0;
    });
}

void Roster::terminate_stages(Stage first, Stage last, Time now) {
    for (auto& [pid, worker] : workers_) {
        const auto stage = worker.pool->rule.stage;
        if (stage < first || stage > last) continue;
        worker.asked.reset(); // whatever it was asked before, this is another word
        terminate(worker, now);
    }
}

// One line for all: there may be ten thousand of them.
void Roster::kill_stages(Stage first, Stage last, Time now) {
    std::map<std::string_view, std::uint32_t> killed;
    for (auto& [pid, worker] : workers_) {
        const auto& rule = worker.pool->rule;
        if (rule.stage < first || rule.stage > last) continue;
        ++killed[rule.name];
        kill(worker, "", now);
    }
    for (const auto& [service, count] : killed)
        actions_.emplace_back(Remark{true,
            fmt::format("service {}: killing {} that {} still there after the grace time of the shutdown", service,
                count == 1 ? "a process" : fmt::format("{} processes", count), count == 1 ? "is" : "are")});
}

// A machine that has ten thousand workers to end takes its time.
void Roster::go_on_waiting(Time now) {
    if (stop_ == Stop::workers && !stop_killed_) stop_deadline_ = std::min(now + stop_grace, stop_latest_);
}

void Roster::stop(bool end_sessions, Time now) {
    if (is_stopping()) return;
    stop_ = Stop::logins;
    end_sessions_ = end_sessions;
    stop_deadline_ = now + stop_login_max;
    for (auto& [service, pool] : pools_) evaluate(pool, now); // no more polling, no more starts
    terminate_stages(Stage::login, Stage::login, now);
    advance_stop(now);
}

void Roster::advance_stop(Time now) {
    if (stop_ == Stop::logins) {
        if (any_alive(Stage::login, Stage::login) && now < stop_deadline_) return;
        stop_ = Stop::workers;
        stop_deadline_ = now + stop_grace;
        stop_latest_ = now + stop_workers_max;
        if (end_sessions_) terminate_stages(Stage::worker, Stage::worker, now);
    }
    if (stop_ == Stop::workers) {
        // Sessions that may go on do so without us; the rest of their service ends by the life pipe.
        const auto first = end_sessions_ ? Stage::worker : Stage::login;
        if (any_alive(first, Stage::login)) {
            if (now < stop_deadline_) return;
            if (!stop_killed_) {
                stop_killed_ = true;
                stop_deadline_ = now + stop_kill_max;
                return kill_stages(first, Stage::login, now);
            }
        }
        stop_ = Stop::centre;
        stop_killed_ = false;
        stop_deadline_ = now + stop_centre_max;
        terminate_stages(Stage::anvil, Stage::auth, now);
    }
    if (stop_ == Stop::centre) {
        if (any_alive(Stage::anvil, Stage::auth)) {
            if (now < stop_deadline_) return;
            if (!stop_killed_) {
                stop_killed_ = true;
                stop_deadline_ = now + stop_kill_max;
                return kill_stages(Stage::anvil, Stage::auth, now);
            }
        }
        stop_ = Stop::done;
        actions_.emplace_back(Stopped{});
    }
}

} // namespace hearth::master
