// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "roster.hpp"

#include <algorithm>
#include <vector>

namespace hearth::test {

using namespace hearth::master;

// Drives a roster and does at once what it asks for: a machine on which every start succeeds.
struct Machine {
    Roster roster;
    Time now{std::chrono::hours(1)};
    pid_t next_pid = 100;
    std::vector<Action> seen;
    std::vector<pid_t> spawned;

    void settle() {
        for (;;) {
            auto actions = roster.take_actions();
            if (actions.empty()) break;
            for (auto& action : actions) {
                if (const auto* spawn = std::get_if<Spawn>(&action)) {
                    spawned.push_back(next_pid);
                    roster.started(spawn->service, next_pid++, roster.generation(), now);
                } else {
                    seen.push_back(action);
                }
            }
        }
        roster.verify_invariants();
    }
    void wait(Clock::duration time) {
        const auto end = now + time;
        for (auto next = roster.next_deadline(); next && *next <= end; next = roster.next_deadline()) {
            now = std::max(now, *next);
            roster.tick(now);
            settle();
        }
        now = end;
        roster.tick(now);
        settle();
    }
    void configure(std::vector<ServiceRule> rules, std::uint32_t generation = 1) {
        roster.configure(rules, generation, now);
        settle();
    }
    void ready(pid_t pid) {
        roster.ready(pid, now);
        settle();
    }
    void all_ready() {
        for (bool again = true; again;) {
            again = false;
            for (const auto& process : roster.processes())
                if (process.state == WorkerState::starting) {
                    ready(process.pid);
                    again = true;
                }
        }
    }
    // `count` bound workers of imap.
    void bind(std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            roster.demand("imap", 1, 0, 0, now);
            settle();
            all_ready();
            for (const auto& process : roster.processes())
                if (process.service == "imap" && process.state == WorkerState::unbound) {
                    roster.bound(process.pid, now);
                    break;
                }
            now += std::chrono::milliseconds(1);
            settle();
        }
        roster.demand("imap", 0, 0, 0, now);
        settle();
    }
    ServiceView service(std::string_view name) {
        for (auto& view : roster.services(now))
            if (view.name == name) return view;
        return {};
    }
    template <class T>
    std::vector<T> taken() {
        std::vector<T> result;
        for (const auto& action : seen)
            if (const auto* one = std::get_if<T>(&action)) result.push_back(*one);
        std::erase_if(seen, [](const auto& action) { return std::holds_alternative<T>(action); });
        return result;
    }
    std::uint32_t in(std::string_view name, WorkerState state) { return service(name).count.at(static_cast<std::size_t>(state)); }
};

inline const ServiceRule anvil{.name = "anvil", .stage = Stage::anvil, .process_limit = 1};
inline const ServiceRule auth{.name = "auth", .stage = Stage::auth, .process_limit = 1};
inline const ServiceRule login{.name = "imap-login", .stage = Stage::login, .process_limit = 4, .process_min_avail = 2};

inline ServiceRule imap(std::uint32_t limit, std::uint32_t min_avail = 0, std::uint32_t reserve = 0) {
    return {.name = "imap",
        .stage = Stage::worker,
        .per_user = true,
        .process_limit = limit,
        .process_min_avail = min_avail,
        .process_limit_reserve = reserve};
}

} // namespace hearth::test
