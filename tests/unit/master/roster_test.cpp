// SPDX-License-Identifier: Apache-2.0
#include "roster_machine.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::master;
using namespace hearth::test;
using namespace std::chrono_literals;

TEST_CASE("services start in order, and each stage waits for READY of the one before") {
    Machine stage;
    stage.configure({login, imap(10, 2), auth, anvil});
    CHECK(stage.service("anvil").live() == 1);
    CHECK(stage.service("auth").live() == 0);
    stage.ready(100);
    CHECK(stage.service("auth").live() == 1);
    CHECK(stage.service("imap").live() == 0);
    stage.ready(101);
    CHECK(stage.service("imap").live() == 2);
    CHECK(stage.service("imap-login").live() == 0);
    stage.ready(102);
    CHECK(stage.service("imap-login").live() == 0);
    stage.ready(103);
    CHECK(stage.service("imap-login").live() == 2);
    CHECK(stage.taken<Settled>().empty());
    stage.all_ready();
    CHECK(stage.taken<Settled>().size() == 1);
}

TEST_CASE("a service that doesn't get ready holds the next stage for ten seconds only") {
    Machine stage;
    stage.configure({anvil, auth, login});
    stage.ready(100);
    stage.wait(9s);
    CHECK(stage.service("imap-login").live() == 0);
    stage.wait(2s);
    CHECK(stage.service("imap-login").live() == 2);
}

TEST_CASE("a process that isn't ready after 30 s is killed") {
    Machine stage;
    stage.configure({anvil});
    stage.wait(29s);
    CHECK(stage.taken<Kill>().empty());
    stage.wait(1s);
    const auto kills = stage.taken<Kill>();
    REQUIRE(kills.size() == 1);
    CHECK(kills[0].pid == 100);
}

TEST_CASE("newcomers get workers up to process_limit and not one more") {
    Machine stage;
    stage.configure({anvil, imap(5)});
    stage.all_ready();
    stage.roster.demand("imap", 50, 0, 0, stage.now);
    stage.settle();
    stage.wait(1s);
    CHECK(stage.service("imap").live() == 5);
    CHECK(stage.service("imap").limit_hits >= 1);
}

TEST_CASE("spare workers are topped up ten a round") {
    Machine stage;
    stage.configure({anvil, imap(100, 25)});
    stage.ready(100);
    CHECK(stage.service("imap").live() == 10);
    stage.wait(20ms);
    CHECK(stage.service("imap").live() == 20);
    stage.wait(20ms);
    CHECK(stage.service("imap").live() == 25);
    stage.wait(5s);
    CHECK(stage.service("imap").live() == 25);
}

TEST_CASE("at the limit a waiting client makes anvil's longest idle worker leave, and only a worker that was bound is asked") {
    Machine stage;
    stage.configure({anvil, imap(3)});
    stage.all_ready();
    stage.roster.anvil_link(true, stage.now);
    stage.bind(3);
    CHECK(stage.in("imap", WorkerState::bound) == 3);
    stage.taken<SignalLeave>();
    stage.roster.demand("imap", 0, 1, 0, stage.now);
    stage.settle();
    auto asks = stage.taken<AskEvictable>();
    REQUIRE(asks.size() == 1);
    CHECK(asks[0].count == 1);
    const std::vector<std::uint32_t> answer{100, 9999, 102, 101}; // anvil itself, nobody, and two bound ones
    stage.roster.evictees(asks[0].id, answer, stage.now);
    stage.settle();
    auto leaves = stage.taken<SignalLeave>();
    REQUIRE(leaves.size() == 1);
    CHECK(leaves[0].pid == 102);

    SUBCASE("it leaves and its place is free") {
        stage.roster.leaving(102, leaves[0].sequence, "evicted", stage.now);
        stage.roster.exited(102, true, stage.now);
        stage.roster.demand("imap", 1, 0, 0, stage.now);
        stage.settle();
        CHECK(stage.service("imap").evicted == 1);
        CHECK(stage.in("imap", WorkerState::starting) == 1);
    }
    SUBCASE("it stays: anvil is asked again each 100 ms, and the worker 250 ms later, if anvil names it still") {
        stage.roster.staying(102, leaves[0].sequence, stage.now);
        for (const auto after : {0ms, 100ms, 200ms, 300ms}) {
            stage.settle();
            asks = stage.taken<AskEvictable>();
            REQUIRE(asks.size() == 1);
            stage.roster.evictees(asks[0].id, std::vector<std::uint32_t>{102}, stage.now);
            stage.settle();
            CHECK(stage.taken<SignalLeave>().size() == (after == 300ms ? 1 : 0));
            CHECK(stage.taken<AskEvictable>().empty());
            stage.wait(100ms);
        }
    }
    SUBCASE("an answer to another question changes nothing") {
        stage.roster.staying(102, leaves[0].sequence + 1, stage.now);
        stage.settle();
        CHECK(stage.service("imap").declined == 0);
    }
    SUBCASE("no answer in a second means busy") {
        stage.wait(1s);
        CHECK(stage.service("imap").declined == 1);
        CHECK(stage.in("imap", WorkerState::bound) == 3);
    }
    SUBCASE("it says that it leaves, is idle and doesn't: killed") {
        stage.roster.leaving(102, leaves[0].sequence, "evicted", stage.now);
        stage.settle();
        stage.wait(10s);
        CHECK(stage.taken<Kill>().size() == 1);
    }
}

TEST_CASE("when anvil is silent for 50 ms the workers are asked directly, the longest bound first") {
    Machine stage;
    stage.configure({anvil, imap(3, 0, 2)});
    stage.all_ready();
    stage.roster.anvil_link(true, stage.now);
    stage.bind(3);
    CHECK(stage.taken<AskEvictable>().size() == 1);
    CHECK(stage.taken<SignalLeave>().empty());
    stage.wait(60ms);
    const auto leaves = stage.taken<SignalLeave>();
    REQUIRE(leaves.size() >= 1);
    CHECK(leaves[0].pid == 101);
}

TEST_CASE("without anvil one place is kept free all the same") {
    Machine stage;
    stage.configure({anvil, imap(2)});
    stage.all_ready();
    stage.bind(2);
    CHECK(stage.taken<SignalLeave>().size() == 1);
}

TEST_CASE("a service that was never healthy pauses after a failure, two seconds first, then longer") {
    Machine stage;
    stage.configure({anvil});
    for (const auto pause : {2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        REQUIRE(stage.service("anvil").live() == 1);
        stage.roster.exited(stage.spawned.back(), false, stage.now);
        stage.settle();
        CHECK(stage.service("anvil").live() == 0);
        stage.wait(pause - 1ms);
        CHECK(stage.service("anvil").live() == 0);
        stage.wait(1ms);
    }
}

TEST_CASE("crashes of bound workers never stop a service that was healthy once") {
    Machine stage;
    stage.configure({anvil, imap(10)});
    stage.all_ready();
    stage.bind(1);
    stage.roster.exited(stage.spawned.back(), true, stage.now);
    stage.settle();
    for (int i = 0; i < 1000; ++i) {
        stage.bind(1);
        REQUIRE(stage.in("imap", WorkerState::bound) == 1);
        stage.roster.exited(stage.spawned.back(), false, stage.now);
        stage.settle();
        stage.wait(20ms); // a round
    }
    CHECK_FALSE(stage.service("imap").throttled_until);
    CHECK(stage.service("imap").failed == 1000);
}

TEST_CASE("a fixed service that gets ready and dies at once doesn't spin") {
    Machine stage;
    stage.configure({anvil});
    for (int i = 0; i < 1000; ++i) {
        if (stage.service("anvil").live() == 0) break;
        stage.ready(stage.spawned.back());
        stage.roster.exited(stage.spawned.back(), true, stage.now);
        stage.settle();
    }
    CHECK(stage.service("anvil").live() == 0);
    CHECK(stage.spawned.size() < 15);
}

TEST_CASE("an offer on the shared listener starts a worker even when anvil says nothing") {
    Machine stage;
    stage.configure({anvil, imap(3)});
    stage.all_ready();
    auto polls = stage.taken<PollListener>();
    REQUIRE(!polls.empty());
    CHECK(polls.back().on);
    stage.roster.listener_ready("imap", stage.now);
    stage.settle();
    polls = stage.taken<PollListener>();
    REQUIRE(!polls.empty());
    CHECK_FALSE(polls.back().on); // there is a worker now that will look
    CHECK(stage.service("imap").live() == 1);
    stage.all_ready();
    stage.roster.bound(stage.spawned.back(), stage.now);
    stage.settle();
    polls = stage.taken<PollListener>();
    REQUIRE(!polls.empty());
    CHECK(polls.back().on);
}

TEST_CASE("what isn't in the transition table is counted and changes nothing") {
    Machine stage;
    stage.configure({anvil, imap(3)});
    stage.all_ready();
    stage.bind(1);
    const auto pid = stage.spawned.back();
    stage.roster.bound(pid, stage.now);
    stage.roster.ready(pid, stage.now);
    stage.roster.bound(100, stage.now); // anvil has no user
    stage.settle();
    CHECK(stage.roster.illegal_moves() == 3);
    CHECK(stage.in("imap", WorkerState::bound) == 1);
}

// ---- Why workers end, and what the administrator is told

namespace {

std::uint64_t ended(Machine& machine, ExitReason reason) {
    return machine.service("imap").ends.at(static_cast<std::size_t>(reason));
}

// What remarks say, one per line.
std::string remarks(Machine& machine) {
    std::string text;
    for (const auto& remark : machine.taken<Remark>()) text += remark.text + "\n";
    return text;
}

} // namespace

TEST_CASE("ends are told apart by the worker's word, by what was asked of it, and by how it died") {
    Machine machine;
    machine.configure({anvil, imap(20)});
    machine.all_ready();
    machine.roster.anvil_link(true, machine.now);
    machine.bind(7);
    std::vector<pid_t> pids;
    for (const auto& process : machine.roster.processes())
        if (process.state == WorkerState::bound) pids.push_back(process.pid);
    REQUIRE(pids.size() == 7);
    const std::vector<std::pair<const char*, ExitReason>> words = {{"idle_kill", ExitReason::idle_kill},
        {"recycled", ExitReason::recycling}, {"stale", ExitReason::recycling}, {"generation", ExitReason::generation},
        {"kicked", ExitReason::kick}, {"wrong-user", ExitReason::other}};
    for (std::size_t i = 0; i < words.size(); ++i) {
        CAPTURE(words[i].first);
        const auto before = ended(machine, words[i].second);
        machine.roster.leaving(pids[i], 0, words[i].first, machine.now);
        CHECK(machine.roster.end_of(pids[i], true) == words[i].second);
        CHECK(machine.roster.end_of(pids[i], false) == ExitReason::crash); // it died of a signal on its way out
        machine.roster.exited(pids[i], true, machine.now);
        CHECK(ended(machine, words[i].second) == before + 1);
    }
    CHECK(machine.roster.end_of(pids[6], false) == ExitReason::crash);
    machine.roster.exited(pids[6], false, machine.now);
    CHECK(ended(machine, ExitReason::crash) == 1);
    CHECK(machine.roster.end_of(pids[6], true) == ExitReason::other); // nobody any more
}

TEST_CASE("anvil's excess lets as many idle workers be asked for memory's sake, beside those for room, and no more") {
    Machine machine;
    machine.configure({anvil, imap(6, 0, 2)});
    machine.all_ready();
    machine.roster.anvil_link(true, machine.now);
    machine.bind(4);
    machine.seen.clear();
    machine.roster.demand("imap", 1, 0, 2, machine.now); // one of room is missing, two are too many
    machine.settle();
    auto asks = machine.taken<AskEvictable>();
    REQUIRE(asks.size() == 1);
    CHECK(asks[0].count == 3);
    std::vector<std::uint32_t> named;
    for (const auto& process : machine.roster.processes())
        if (process.state == WorkerState::bound) named.push_back(static_cast<std::uint32_t>(process.pid));
    machine.roster.evictees(asks[0].id, named, machine.now);
    machine.settle();
    const auto leaves = machine.taken<SignalLeave>();
    REQUIRE(leaves.size() == 3);
    for (const auto& leave : leaves) {
        machine.roster.leaving(leave.pid, leave.sequence, "evicted", machine.now);
        machine.roster.exited(leave.pid, true, machine.now);
        machine.roster.verify_invariants();
    }
    CHECK(ended(machine, ExitReason::eviction) == 1);
    CHECK(ended(machine, ExitReason::memory) == 2);
}

TEST_CASE("one that stays though it was asked for memory's sake is made up for by the next") {
    Machine machine;
    machine.configure({anvil, imap(20)});
    machine.all_ready();
    machine.roster.anvil_link(true, machine.now);
    machine.bind(3);
    machine.seen.clear();
    machine.roster.demand("imap", 0, 0, 1, machine.now);
    machine.settle();
    auto asks = machine.taken<AskEvictable>();
    REQUIRE(asks.size() == 1);
    std::vector<std::uint32_t> pids;
    for (const auto& process : machine.roster.processes())
        if (process.state == WorkerState::bound) pids.push_back(static_cast<std::uint32_t>(process.pid));
    machine.roster.evictees(asks[0].id, pids, machine.now);
    machine.settle();
    auto leaves = machine.taken<SignalLeave>();
    REQUIRE(leaves.size() == 1);
    CHECK(machine.taken<AskEvictable>().empty()); // what was asked counts until it answers
    machine.roster.staying(leaves[0].pid, leaves[0].sequence, machine.now);
    machine.settle();
    asks = machine.taken<AskEvictable>();
    REQUIRE(asks.size() == 1);
    machine.roster.evictees(asks[0].id, pids, machine.now);
    machine.settle();
    leaves = machine.taken<SignalLeave>();
    REQUIRE(leaves.size() == 1);
    machine.roster.anvil_link(false, machine.now); // without anvil nobody counts memory
    machine.roster.anvil_link(true, machine.now);
    machine.settle();
    CHECK(machine.taken<AskEvictable>().empty());
}

TEST_CASE("a nearly full service is told once, with what a higher limit would cost, and again only after a while") {
    Machine machine;
    machine.configure({anvil, imap(10)});
    machine.all_ready();
    machine.roster.anvil_link(true, machine.now);
    machine.bind(7);
    remarks(machine);
    const auto pid = machine.roster.processes().front().pid;
    for (const auto& process : machine.roster.processes())
        if (process.state == WorkerState::bound) machine.roster.memory(process.pid, 512);
    machine.bind(1);
    const auto said = remarks(machine);
    CHECK(said.find("8 of process_limit 10 in use") != std::string::npos);
    CHECK(said.find("to 20, for instance: up to 5 MiB more, at 512 KiB") != std::string::npos);
    CHECK(pid != 0);
    machine.bind(1);
    CHECK(remarks(machine).empty());
    std::vector<pid_t> bound;
    for (const auto& process : machine.roster.processes())
        if (process.state == WorkerState::bound) bound.push_back(process.pid);
    for (int i = 0; i < 2; ++i) {
        machine.roster.leaving(bound[static_cast<std::size_t>(i)], 0, "idle_kill", machine.now);
        machine.roster.exited(bound[static_cast<std::size_t>(i)], true, machine.now);
    }
    machine.bind(1);
    CHECK(remarks(machine).empty()); // there again, but it was said lately
    machine.wait(Roster::nearly_full_pause);
    machine.roster.leaving(bound[2], 0, "idle_kill", machine.now);
    machine.roster.exited(bound[2], true, machine.now);
    machine.bind(1);
    CHECK(remarks(machine).find("8 of process_limit") != std::string::npos);
}

TEST_CASE("the remark at the limit names service, limit, value, peak and what to set") {
    Machine machine;
    machine.configure({anvil, imap(4)});
    machine.all_ready();
    machine.roster.anvil_link(true, machine.now);
    machine.bind(4);
    remarks(machine);
    machine.roster.demand("imap", 0, 3, 0, machine.now);
    machine.settle();
    CHECK(remarks(machine) == "service imap: process_limit (4) reached: 4 processes (peak 4), 3 newcomers wait until an idle "
                              "worker has left; raise process_limit (to 8, for instance), or process_limit_reserve (0) to make "
                              "room earlier\n");
}
