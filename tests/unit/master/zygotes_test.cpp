// SPDX-License-Identifier: Apache-2.0
#include "zygotes.hpp"

#include <cerrno>
#include <cstdlib>
#include <doctest/doctest.h>
#include <iostream>
#include <random>
#include <set>

using namespace hearth;
using namespace hearth::master;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> imap = {"imap"};

struct Table {
    Zygotes zygotes;
    Time now{1h};

    template <class T>
    std::vector<T> take() {
        std::vector<T> result;
        for (auto& action : zygotes.take_actions())
            if (auto* one = std::get_if<T>(&action)) result.push_back(std::move(*one));
        zygotes.verify_invariants();
        return result;
    }
    // A zygote of pid 100 that is ready.
    Table() {
        zygotes.configure(imap, 1, now);
        REQUIRE(take<LaunchZygote>().size() == 1);
        zygotes.launched("imap", 100, now);
    }
    void get_ready() {
        zygotes.ready(100, true, now);
        skip();
    }
    void skip() { static_cast<void>(zygotes.take_actions()); }
    void pass(Clock::duration time) {
        now += time;
        zygotes.tick(now);
    }
};

} // namespace

TEST_CASE("a start waits for a zygote that gets ready, is asked of it, and done with its answer") {
    Table table;
    table.zygotes.want("imap", 7, table.now);
    CHECK(table.zygotes.take_actions().empty());
    table.zygotes.ready(100, true, table.now);
    const auto asked = table.take<AskZygote>();
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].zygote == 100);
    CHECK(asked[0].order == 7);
    table.zygotes.answered(100, 7, 200, 0, table.now);
    const auto done = table.take<StartDone>();
    REQUIRE(done.size() == 1);
    CHECK(done[0].pid == 200);
    CHECK(done[0].generation == 1);
    CHECK(table.zygotes.orders() == 0);
}

TEST_CASE("a start doesn't wait longer than hold_max for a zygote, nor for one that isn't there") {
    Table table;
    table.zygotes.want("imap", 7, table.now);
    table.pass(Zygotes::hold_max - 1ms);
    CHECK(table.zygotes.take_actions().empty());
    table.pass(1ms);
    CHECK(table.take<StartByExec>().size() == 1);
    table.zygotes.ready(100, true, table.now);
    CHECK(table.take<AskZygote>().empty());
    table.zygotes.want("jmap", 8, table.now);
    CHECK(table.take<StartByExec>().size() == 1);
}

TEST_CASE("the worker's own HELLO counts as an answer, and the answer behind it for nothing") {
    Table table;
    table.get_ready();
    table.zygotes.want("imap", 7, table.now);
    CHECK(table.zygotes.hello(7, 200, table.now));
    CHECK(table.take<StartDone>().size() == 1);
    table.zygotes.answered(100, 7, 200, 0, table.now);
    CHECK(table.zygotes.take_actions().empty());
    CHECK_FALSE(table.zygotes.hello(7, 201, table.now)); // another one's second word
    CHECK_FALSE(table.zygotes.hello(9, 201, table.now)); // an invention
}

TEST_CASE("a zygote that dies is replaced; the worker it made unannounced is adopted, what it hadn't made is lost soon") {
    Table table;
    table.get_ready();
    table.zygotes.want("imap", 7, table.now);
    table.zygotes.want("imap", 8, table.now);
    table.zygotes.exited(100, false, table.now);
    CHECK(table.take<LaunchZygote>().size() == 1);
    table.zygotes.launched("imap", 101, table.now);
    CHECK(table.zygotes.hello(7, 200, table.now));
    CHECK(table.take<StartDone>().size() == 1);
    table.pass(Zygotes::orphan_max);
    const auto actions = table.zygotes.take_actions();
    REQUIRE(actions.size() == 2);
    CHECK(std::get<StartLost>(actions[0]).order == 8);
    CHECK(std::get<StartLost>(actions[0]).error == 0);
    CHECK(std::holds_alternative<EndStrangers>(actions[1]));
    CHECK_FALSE(table.zygotes.hello(8, 202, table.now)); // too late: somebody else was started for it
}

TEST_CASE("a zygote that doesn't answer is killed, and starts go by exec until there is another one") {
    Table table;
    table.get_ready();
    table.zygotes.want("imap", 7, table.now);
    table.skip();
    table.pass(Zygotes::answer_max);
    auto actions = table.zygotes.take_actions();
    REQUIRE(actions.size() == 3);
    CHECK(std::get<KillZygote>(actions[0]).zygote == 100);
    CHECK(std::get<StartLost>(actions[1]).order == 7);
    table.zygotes.want("imap", 8, table.now);
    CHECK(table.take<StartByExec>().size() == 1);
    table.zygotes.exited(100, false, table.now);
    CHECK(table.take<LaunchZygote>().size() == 1);
}

TEST_CASE("strangers are looked for only when no order is out") {
    Table table;
    table.get_ready();
    table.zygotes.want("imap", 7, table.now);
    table.pass(600ms);
    table.zygotes.want("imap", 8, table.now);
    table.skip();
    table.pass(400ms);
    for (const auto& action : table.zygotes.take_actions()) CHECK_FALSE(std::holds_alternative<EndStrangers>(action));
    table.zygotes.answered(100, 8, 200, 0, table.now);
    CHECK(table.take<EndStrangers>().size() == 1);
}

TEST_CASE("a reload replaces the zygote, which ends when its last order is answered; its worker is of the old generation") {
    Table table;
    table.get_ready();
    table.zygotes.want("imap", 7, table.now);
    table.skip();
    table.zygotes.configure(imap, 2, table.now);
    auto actions = table.zygotes.take_actions();
    REQUIRE(actions.size() == 1);
    CHECK(std::holds_alternative<LaunchZygote>(actions[0]));
    table.zygotes.launched("imap", 101, table.now);
    table.zygotes.want("imap", 8, table.now);
    table.zygotes.answered(100, 7, 200, 0, table.now);
    actions = table.zygotes.take_actions();
    REQUIRE(actions.size() == 2);
    CHECK(std::get<StartDone>(actions[0]).generation == 1);
    CHECK(std::get<CloseLink>(actions[1]).zygote == 100);
    table.zygotes.ready(101, true, table.now);
    CHECK(table.take<AskZygote>().at(0).zygote == 101);
    table.pass(Zygotes::end_max);
    bool killed = false;
    for (const auto& action : table.zygotes.take_actions())
        if (const auto* kill = std::get_if<KillZygote>(&action)) killed = killed || kill->zygote == 100;
    CHECK(killed);
}

TEST_CASE("five crashes of workers within ten minutes give a new layout; four, or five in a longer time, don't") {
    Table table;
    table.get_ready();
    for (int i = 0; i < 4; ++i) table.zygotes.worker_crashed("imap", table.now += 1min);
    CHECK(table.zygotes.take_actions().empty());
    table.now += 8min;
    table.zygotes.worker_crashed("imap", table.now); // the first was eleven minutes ago
    CHECK(table.zygotes.take_actions().empty());
    table.zygotes.worker_crashed("imap", table.now);
    auto actions = table.zygotes.take_actions();
    REQUIRE(actions.size() == 3);
    CHECK(std::get<Remark>(actions[0]).text.find("5 crashes") != std::string::npos);
    CHECK(std::get<CloseLink>(actions[1]).zygote == 100);
    CHECK(std::holds_alternative<LaunchZygote>(actions[2]));
}

TEST_CASE("a program that says READY without speaking the protocol is ended; the remark names worker_start = exec") {
    Table table;
    table.zygotes.want("imap", 7, table.now);
    table.zygotes.ready(100, false, table.now);
    auto actions = table.zygotes.take_actions();
    REQUIRE(actions.size() == 3);
    CHECK(std::get<Remark>(actions[0]).text.find("worker_start = exec") != std::string::npos);
    CHECK(std::get<KillZygote>(actions[1]).zygote == 100);
    CHECK(std::holds_alternative<StartByExec>(actions[2]));
    table.zygotes.exited(100, false, table.now);
    table.pass(1h);
    CHECK(table.zygotes.take_actions().empty()); // until the next configuration
    table.zygotes.configure(imap, 2, table.now);
    CHECK(table.take<LaunchZygote>().size() == 1);
}

TEST_CASE("one that ends before it is ready is tried again with growing pauses, and its workers are exec'd meanwhile") {
    Table table;
    table.zygotes.want("imap", 7, table.now);
    table.zygotes.exited(100, false, table.now);
    auto actions = table.zygotes.take_actions();
    REQUIRE(actions.size() == 2);
    CHECK(std::get<Remark>(actions[0]).text.find("worker_start = exec") != std::string::npos);
    CHECK(std::holds_alternative<StartByExec>(actions[1]));
    CHECK(table.zygotes.next_deadline() == table.now + 2s);
    table.pass(2s);
    CHECK(table.take<LaunchZygote>().size() == 1);
    table.zygotes.launch_failed("imap", table.now);
    CHECK(table.zygotes.next_deadline() == table.now + 4s);
}

TEST_CASE("a fork that fails for want of something is a failed start; one that can't ever work ends the zygote") {
    Table table;
    table.get_ready();
    table.zygotes.want("imap", 7, table.now);
    table.skip();
    table.zygotes.answered(100, 7, 0, EAGAIN, table.now);
    CHECK(table.take<StartLost>().at(0).error == EAGAIN);
    table.zygotes.want("imap", 8, table.now);
    table.skip();
    table.zygotes.answered(100, 8, 0, ENOSYS, table.now);
    auto actions = table.zygotes.take_actions();
    REQUIRE(actions.size() == 3);
    CHECK(std::holds_alternative<StartByExec>(actions[0]));
    CHECK(std::get<Remark>(actions[1]).text.find("worker_start = exec") != std::string::npos);
    CHECK(std::holds_alternative<CloseLink>(actions[2]));
}

TEST_CASE("a stop ends the zygotes and what waited for them") {
    Table table;
    table.zygotes.want("imap", 7, table.now);
    table.zygotes.stop(table.now);
    auto actions = table.zygotes.take_actions();
    REQUIRE(actions.size() == 2);
    CHECK(std::holds_alternative<CloseLink>(actions[0]));
    CHECK(std::holds_alternative<StartLost>(actions[1]));
    table.zygotes.exited(100, true, table.now);
    CHECK(table.zygotes.take_actions().empty());
    CHECK(table.zygotes.is_empty());
    CHECK_FALSE(table.zygotes.next_deadline());
}

// ---- A million random events: every order is answered exactly once, whatever happens to whom.

namespace {

struct World {
    explicit World(std::uint64_t seed) : random(seed) { configure(); }

    std::mt19937_64 random;
    Zygotes zygotes;
    Time now{1h};
    std::uint32_t generation = 0;
    pid_t next_pid = 10;
    std::uint64_t next_order = 1;
    std::set<std::uint64_t> open;                     // wanted, and nothing came of it yet
    std::map<std::uint64_t, pid_t> asked;             // of whom
    std::map<pid_t, std::string> alive;               // zygotes
    std::set<pid_t> closed;
    std::uint64_t finished = 0;

    std::uint64_t below(std::uint64_t bound) { return random() % bound; }
    std::string service() { return below(2) == 0 ? "imap" : "jmap"; }

    void configure() {
        std::vector<std::string> names;
        for (const auto* name : {"imap", "jmap"})
            if (below(6) != 0) names.emplace_back(name);
        zygotes.configure(names, ++generation, now);
    }
    void finish(std::uint64_t order) {
        REQUIRE(open.erase(order) == 1);
        asked.erase(order);
        ++finished;
    }
    void perform(const LaunchZygote& launch) {
        REQUIRE(zygotes.forks(launch.service));
        if (below(20) == 0) return zygotes.launch_failed(launch.service, now);
        alive[next_pid] = launch.service;
        zygotes.launched(launch.service, next_pid++, now);
    }
    void perform(const AskZygote& ask) {
        REQUIRE(alive.contains(ask.zygote));
        REQUIRE_FALSE(closed.contains(ask.zygote));
        REQUIRE(open.contains(ask.order));
        if (below(30) == 0) return zygotes.ask_failed(ask.order, now);
        asked[ask.order] = ask.zygote;
    }
    void perform(const StartByExec& one) { finish(one.order); }
    void perform(const StartDone& one) {
        REQUIRE(asked.contains(one.order));
        REQUIRE(one.pid > 0);
        finish(one.order);
    }
    void perform(const StartLost& one) { finish(one.order); }
    void perform(const CloseLink& one) {
        REQUIRE(alive.contains(one.zygote));
        for (const auto& [order, zygote] : asked) REQUIRE(zygote != one.zygote);
        REQUIRE(closed.insert(one.zygote).second);
    }
    void perform(const KillZygote& one) { REQUIRE(alive.contains(one.zygote)); }
    void perform(const EndStrangers&) { REQUIRE(asked.empty()); }
    void perform(const Remark& one) { REQUIRE_FALSE(one.text.empty()); }
    void perform() {
        for (auto actions = zygotes.take_actions(); !actions.empty(); actions = zygotes.take_actions())
            for (const auto& action : actions) std::visit([this](const auto& one) { perform(one); }, action);
    }
    pid_t any_zygote() {
        if (alive.empty() || below(50) == 0) return static_cast<pid_t>(below(100));
        auto at = alive.begin();
        std::advance(at, static_cast<long>(below(alive.size())));
        return at->first;
    }
    std::uint64_t any_order() {
        if (asked.empty() || below(30) == 0) return 1 + below(next_order);
        auto at = asked.begin();
        std::advance(at, static_cast<long>(below(asked.size())));
        return at->first;
    }
    void step() {
        now += std::chrono::microseconds(below(20'000));
        if (below(2000) == 0) now += 5s;
        switch (below(10)) {
        case 0: zygotes.ready(any_zygote(), below(30) != 0, now); break;
        case 1:
        case 2:
        case 3:
            open.insert(next_order);
            zygotes.want(service(), next_order++, now);
            break;
        case 4:
        case 5: {
            const auto order = any_order();
            const auto zygote = below(20) == 0 ? any_zygote() : asked.contains(order) ? asked[order] : 0;
            const int error = below(10) == 0 ? (below(3) == 0 ? ENOSYS : EAGAIN) : 0;
            zygotes.answered(zygote, order, error == 0 ? 5 : 0, error, now);
            break;
        }
        case 6: {
            const auto order = any_order();
            const bool known = asked.contains(order);
            const bool adopted = zygotes.hello(order, 5, now);
            REQUIRE(adopted == known);
            break;
        }
        case 7:
            if (below(20) == 0) {
                const auto pid = any_zygote();
                alive.erase(pid);
                closed.erase(pid);
                zygotes.exited(pid, below(2) == 0, now);
            }
            break;
        case 8: zygotes.tick(now); break;
        default:
            if (below(200) == 0) configure();
            else if (below(50) == 0) zygotes.worker_crashed(service(), now);
        }
        perform();
    }
};

} // namespace

TEST_CASE("a million random events: each start has exactly one end, and the tables agree") {
    const char* given = std::getenv("HEARTH_TEST_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "zygotes seed " << seed << " (HEARTH_TEST_SEED repeats it)\n";
    World world(seed);
    world.perform();
    for (int i = 0; i < 1'000'000; ++i) {
        world.step();
        if (i % 64 == 0) world.zygotes.verify_invariants();
    }
    CHECK(world.finished > 200'000);
    world.zygotes.stop(world.now);
    for (int i = 0; i < 10; ++i) {
        world.perform();
        world.now += 1s;
        world.zygotes.tick(world.now);
    }
    world.perform();
    CHECK(world.open.empty());
    CHECK(world.zygotes.orders() == 0);
    for (const auto& [pid, service] : world.alive) world.zygotes.exited(pid, true, world.now);
    CHECK(world.zygotes.is_empty());
    CHECK_FALSE(world.zygotes.next_deadline());
}
