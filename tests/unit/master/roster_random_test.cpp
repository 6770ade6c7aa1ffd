// SPDX-License-Identifier: Apache-2.0
// A million random events against a model that is too simple to be wrong.
#include "roster.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <iostream>
#include <random>

using namespace hearth;
using namespace hearth::master;
using namespace std::chrono_literals;

namespace {

struct Model {
    struct Process {
        std::string service;
        WorkerState state = WorkerState::starting;
    };
    std::map<pid_t, Process> processes;

    [[nodiscard]] std::uint32_t count(std::string_view service, WorkerState state) const {
        std::uint32_t result = 0;
        for (const auto& [pid, process] : processes) result += process.service == service && process.state == state ? 1 : 0;
        return result;
    }
    [[nodiscard]] std::uint32_t live(std::string_view service) const {
        std::uint32_t result = 0;
        for (const auto& [pid, process] : processes) result += process.service == service ? 1 : 0;
        return result;
    }
};

struct World {
    explicit World(std::uint64_t seed) : random(seed) { configure(); }

    std::mt19937_64 random;
    Roster roster;
    Model model;
    Time now{1h};
    pid_t next_pid = 10;
    std::uint32_t generation = 0;
    std::vector<ServiceRule> rules;
    std::map<std::uint32_t, std::string> questions;
    std::map<pid_t, std::uint32_t> requests;

    std::uint64_t below(std::uint64_t bound) { return random() % bound; }

    void configure() {
        const auto limit = static_cast<std::uint32_t>(1 + below(30));
        rules = {{.name = "anvil", .stage = Stage::anvil},
            {.name = "auth", .stage = Stage::auth},
            {.name = "imap-login", .stage = Stage::login, .process_limit = 4, .process_min_avail = static_cast<std::uint32_t>(below(4))}};
        for (const auto* name : {"imap", "jmap"})
            if (below(8) != 0)
                rules.push_back({.name = name,
                    .stage = Stage::worker,
                    .per_user = true,
                    .process_limit = limit,
                    .process_min_avail = static_cast<std::uint32_t>(below(limit)),
                    .process_limit_reserve = static_cast<std::uint32_t>(below(limit))});
        roster.configure(rules, ++generation, now);
    }

    const ServiceRule* rule(std::string_view name) const {
        for (const auto& one : rules)
            if (one.name == name) return &one;
        return nullptr;
    }

    void perform() {
        for (;;) {
            const auto actions = roster.take_actions();
            if (actions.empty()) return;
            for (const auto& action : actions) std::visit([this](const auto& one) { perform(one); }, action);
        }
    }
    void perform(const Spawn& spawn) {
        const auto* its = rule(spawn.service);
        REQUIRE(its != nullptr);
        REQUIRE_FALSE(roster.is_stopping());
        if (its->per_user) REQUIRE(model.live(spawn.service) < its->process_limit);
        if (below(20) == 0) return roster.spawn_failed(spawn.service, now);
        model.processes[next_pid] = {spawn.service};
        roster.started(spawn.service, next_pid++, roster.generation(), now);
    }
    void perform(const SignalLeave& leave) {
        REQUIRE(model.processes.at(leave.pid).state == WorkerState::bound);
        REQUIRE(leave.sequence != 0);
        requests[leave.pid] = leave.sequence;
    }
    void perform(const SignalRetire& retire) { REQUIRE(model.processes.at(retire.pid).state != WorkerState::starting); }
    void perform(const Terminate& one) { REQUIRE(model.processes.contains(one.pid)); }
    void perform(const Kill& one) { REQUIRE(model.processes.contains(one.pid)); }
    void perform(const AskEvictable& ask) {
        REQUIRE(ask.count > 0);
        REQUIRE(ask.count <= model.count(ask.service, WorkerState::bound));
        questions[ask.id] = ask.service;
    }
    void perform(const PollListener&) {}
    void perform(const Settled& one) { REQUIRE(one.generation == generation); }
    void perform(const Stopped&) {}
    void perform(const Remark& remark) { REQUIRE_FALSE(remark.text.empty()); }

    pid_t any_pid() {
        if (model.processes.empty() || below(50) == 0) return static_cast<pid_t>(below(1000));
        auto at = model.processes.lower_bound(static_cast<pid_t>(below(static_cast<std::uint64_t>(next_pid))));
        return at == model.processes.end() ? model.processes.begin()->first : at->first;
    }
    void say(pid_t pid, WorkerEvent event) {
        const auto found = model.processes.find(pid);
        if (found == model.processes.end()) return;
        auto& process = found->second;
        const auto* its = rule(process.service);
        const bool per_user = its != nullptr ? its->per_user : process.service == "imap" || process.service == "jmap";
        if (event == WorkerEvent::bound && !per_user) return;
        if (const auto to = next_state(process.state, event)) process.state = *to;
    }

    void step() {
        now += std::chrono::microseconds(below(20'000));
        if (below(1000) == 0) now += 15s;
        const auto pid = any_pid();
        const std::string service = below(2) == 0 ? "imap" : "jmap";
        switch (below(12)) {
        case 0:
        case 1: roster.ready(pid, now), say(pid, WorkerEvent::ready); break;
        case 2:
        case 3: roster.bound(pid, now), say(pid, WorkerEvent::bound); break;
        case 4: {
            const auto asked = requests.find(pid);
            roster.leaving(pid, asked == requests.end() ? 0 : asked->second, below(2) == 0 ? "evicted" : "idle_kill", now), say(pid, WorkerEvent::leaving);
            break;
        }
        case 5: roster.staying(pid, requests.contains(pid) ? requests[pid] : 0, now); break;
        case 6:
        case 7:
            model.processes.erase(pid);
            requests.erase(pid);
            roster.exited(pid, below(4) != 0, now);
            break;
        case 8:
            roster.demand(service, static_cast<std::uint32_t>(below(6)), static_cast<std::uint32_t>(below(6)),
                static_cast<std::uint32_t>(below(4) == 0 ? below(6) : 0), now);
            break;
        case 9:
            if (!questions.empty()) {
                std::vector<std::uint32_t> pids;
                for (auto i = below(6); i > 0; --i) pids.push_back(static_cast<std::uint32_t>(any_pid()));
                const auto id = questions.begin()->first;
                questions.erase(questions.begin());
                roster.evictees(id, pids, now);
            }
            break;
        case 10:
            if (below(20) == 0) roster.anvil_link(below(3) != 0, now);
            else roster.listener_ready(service, now);
            break;
        case 11:
            if (below(300) == 0) configure();
            else roster.tick(now);
            break;
        default: break;
        }
        perform();
    }

    void check() {
        roster.verify_invariants();
        for (const auto& view : roster.services(now))
            for (const auto state : {WorkerState::starting, WorkerState::unbound, WorkerState::bound, WorkerState::leaving})
                REQUIRE(view.count.at(static_cast<std::size_t>(state)) == model.count(view.name, state));
        REQUIRE(roster.processes().size() == model.processes.size());
    }
};

} // namespace

TEST_CASE("a million random events leave the roster consistent with a simple model") {
    const char* given = std::getenv("HEARTH_TEST_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "roster seed " << seed << " (HEARTH_TEST_SEED repeats it)\n";
    World world(seed);
    world.perform();
    for (int i = 0; i < 1'000'000; ++i) {
        world.step();
        if (i % 64 == 0) world.check();
    }
    world.check();
    // Quiet: whatever happened, the configuration is fulfilled in the end.
    world.configure();
    for (int i = 0; i < 400; ++i) {
        world.now += 1s;
        world.roster.tick(world.now);
        world.perform();
        for (auto& [pid, process] : world.model.processes)
            if (process.state == WorkerState::starting) {
                process.state = WorkerState::unbound;
                world.roster.ready(pid, world.now);
            }
        world.perform();
    }
    world.check();
    for (const auto& view : world.roster.services(world.now))
        if (!view.per_user && !view.removed) CHECK(view.count[1] >= 1);
    // And stopping ends.
    world.roster.stop(true, world.now);
    for (int i = 0; i < 40; ++i) {
        world.perform();
        world.now += 1s;
        world.roster.tick(world.now);
    }
    CHECK_FALSE(world.roster.next_deadline());
}
