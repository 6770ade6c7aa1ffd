// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;
using wire::Cold;
using wire::Verdict;

TEST_CASE("sequential clicks: the first is cold, each further one goes to the same idle worker") {
    World world;
    world.start(11);
    world.ask(1, "alice");
    auto route = world.answer();
    CHECK(route.verdict == Verdict::cold);
    CHECK(route.why == Cold::first);
    world.busy(11, "alice", session_id(1));
    CHECK(world.ledger.cold_slots() == 0);
    world.idle(11);
    for (std::uint32_t click = 2; click < 20; ++click) {
        world.now += 5ms;
        world.ask(click, "alice");
        route = world.answer();
        CHECK(route.verdict == Verdict::candidates);
        CHECK(route.pids == Pids{11});
        world.busy(11, "alice", session_id(click));
        world.idle(11);
    }
    CHECK(world.ledger.counters().warm == 18);
    CHECK(world.ledger.session_count() == 0);
}

TEST_CASE("parallel logins are sent to different idle workers, the most recently used first") {
    World world;
    for (std::uint32_t pid : {11, 12, 13})
        world.warm(pid, "alice");
    world.ask(1, "alice");
    world.ask(2, "alice");
    world.ask(3, "alice");
    world.ask(4, "alice");
    std::vector<Pids> named;
    for (const auto& answer : world.ledger.take_answers())
        named.push_back(answer.route.pids);
    CHECK(named == std::vector<Pids>{{13, 12, 11}, {12, 11, 13}, {11, 13, 12}, {13, 12, 11}});
    world.now += 301ms;
    world.ask(5, "alice");
    CHECK(world.answer().pids == Pids{13, 12, 11});
}

TEST_CASE("a worker's report ends the mark that it was named to somebody") {
    World world;
    world.warm(11, "alice");
    world.warm(12, "alice");
    world.ask(1, "alice");
    CHECK(world.answer().pids.front() == 12);
    world.say(12);
    world.ask(2, "alice");
    CHECK(world.answer().pids.front() == 12);
}

TEST_CASE("idle workers come first, then those with room, then at most four full ones") {
    World world(50);
    for (std::uint32_t pid = 11; pid <= 16; ++pid) {
        world.start(pid);
        world.busy(pid, "alice", session_id(pid));
    }
    world.start(21);
    world.worker(21, "alice").client_limit = 3;
    world.busy(21, "alice", session_id(21));
    world.warm(31, "alice");
    world.ask(1, "alice");
    CHECK(world.answer().pids == Pids{31, 21, 16, 15, 14, 13});
    CHECK(world.ledger.counters().warm == 1);
}

TEST_CASE("only full workers: they are named, since their word may be late; then a slot is given") {
    World world;
    world.start(11);
    world.busy(11, "alice", session_id(50));
    world.ask(1, "alice");
    auto route = world.answer();
    CHECK(route.pids == Pids{11});
    CHECK(world.ledger.counters().busy == 1);
    world.none_took(1);
    route = world.answer();
    CHECK(route.verdict == Verdict::cold);
    CHECK(route.why == Cold::none_idle);
}

TEST_CASE("a worker is named only to a login of its user and its whole identity, and the reason says which it was") {
    World world;
    world.warm(11, "alice");
    world.ask(1, "bob");
    auto route = world.answer();
    CHECK(route.verdict == Verdict::cold);
    CHECK(route.why == Cold::first);
    world.ask(2, "alice", "192.0.2.1", 1, 9);
    route = world.answer();
    CHECK(route.verdict == Verdict::cold);
    CHECK(route.why == Cold::other_identity);
}

TEST_CASE("a worker of an old generation is not named") {
    World world;
    world.warm(11, "alice");
    world.limits(10, 2);
    world.ask(1, "alice");
    auto route = world.answer();
    CHECK(route.verdict == Verdict::cold);
    CHECK(route.why == Cold::generation);
    world.worker(11).generation = 2;
    world.say(11);
    world.ask(2, "alice");
    CHECK(world.answer().pids == Pids{11});
}

TEST_CASE("a worker that leaves or has shut its gate is no idle candidate") {
    World world;
    world.warm(11, "alice");
    world.worker(11).leaving = true;
    world.say(11);
    world.ask(1, "alice");
    auto route = world.answer();
    CHECK(route.verdict == Verdict::cold);
    CHECK(route.why == Cold::ended);
    world.warm(12, "alice");
    world.worker(12).accepts = false;
    world.say(12);
    world.ask(2, "alice");
    CHECK(world.answer().pids == Pids{12});
    CHECK(world.ledger.counters().busy == 1);
}

TEST_CASE("a silent worker is no candidate until it reports") {
    World world;
    world.warm(11, "alice");
    world.ledger.silent(11, world.now);
    world.ledger.verify_invariants();
    world.ask(1, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    world.say(11);
    world.ask(2, "alice");
    CHECK(world.answer().pids == Pids{11});
    CHECK(world.ledger.counters().silent == 1);
}

TEST_CASE("a handover that fails after the worker's report is answered again: the session stays counted, once") {
    World world(10, 2);
    world.start(11);
    world.ask(1, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    world.busy(11, "alice", session_id(1)); // it read the grant, reported, and dies before TAKEN
    CHECK(world.ledger.cold_slots() == 0);
    world.none_took(1);
    CHECK(world.answer().verdict == Verdict::cold);
    CHECK(world.ledger.count("imap", "alice", "192.0.2.1") == 1);
    world.exit(11);
    CHECK(world.ledger.count("imap", "alice", "192.0.2.1") == 1);
    world.start(12);
    world.busy(12, "alice", session_id(1));
    CHECK(world.ledger.cold_slots() == 0);
    CHECK(world.ledger.count("imap", "alice", "192.0.2.1") == 1);
    world.idle(12);
    CHECK(world.ledger.count("imap", "alice", "192.0.2.1") == 0);
}

TEST_CASE("a worker that failed a session says so again and again: the next worker's slot stays") {
    World world;
    world.start(11);
    world.ask(1, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    world.busy(11, "alice", session_id(1));
    world.none_took(1);
    CHECK(world.answer().verdict == Verdict::cold);
    world.idle(11); // "ended: 1", which is old news by now
    CHECK(world.ledger.cold_slots() == 1);
    world.start(12);
    world.busy(12, "alice", session_id(1));
    CHECK(world.ledger.cold_slots() == 0);
}

TEST_CASE("a login asks about a service, a lookup or a session that is not its own: refused, and nothing is kept") {
    World world;
    world.pass(1s);
    world.ledger.lookup(1, {1, "pop3", "alice", "192.0.2.1", identity_of("alice"), session_id(1)}, world.now);
    CHECK(world.answer().verdict == Verdict::refused_queue);
    world.none_took(77);
    CHECK(world.answer().verdict == Verdict::refused_queue);
    world.ask(2, "");
    CHECK(world.answer().verdict == Verdict::refused_queue);
    world.ask(3, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    world.ledger.lookup(2, {9, "imap", "bob", "192.0.2.1", identity_of("bob"), session_id(3)}, world.now);
    CHECK(world.answer().verdict == Verdict::refused_queue);
    world.ledger.verify_invariants();
    CHECK(world.ledger.counters().refused_odd == 4);
    CHECK(world.ledger.user_count() == 1);
}

TEST_CASE("evictable names idle workers, longest idle first, and none that was named a moment ago") {
    World world(50);
    for (std::uint32_t pid = 11; pid <= 15; ++pid) {
        world.warm(pid, "user" + std::to_string(pid));
        world.now += 1s;
    }
    world.busy(12, "user12", session_id(1));
    world.ask(2, "user13"); // named to a login right now
    CHECK(world.ledger.evictable("imap", 2, world.now) == Pids{11, 14});
    CHECK(world.ledger.evictable("imap", 9, world.now) == Pids{15});
    world.now += 3s;
    CHECK(world.ledger.evictable("imap", 9, world.now) == Pids{11, 13, 14, 15});
    CHECK(world.ledger.evictable("jmap", 9, world.now).empty());
}

TEST_CASE("demand is told when it changed, and anew to a new link") {
    World world(1);
    world.ask(1, "alice");
    world.ask(2, "bob");
    auto demands = world.ledger.take_demands();
    REQUIRE(demands.size() == 1);
    CHECK(demands[0].cold == 1);
    CHECK(demands[0].waiting == 1);
    CHECK(world.ledger.take_demands().empty());
    world.ledger.forget_told_demands();
    CHECK(world.ledger.take_demands().size() == 1);
    world.cancel(1);
    demands = world.ledger.take_demands();
    REQUIRE(demands.size() == 1);
    CHECK(demands[0].cold == 1);
    CHECK(demands[0].waiting == 0);
}
