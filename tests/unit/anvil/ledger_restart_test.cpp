// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;
using wire::Cold;
using wire::Verdict;

namespace {

struct Restarted : World {
    explicit Restarted(std::uint32_t userip_limit = 0) : World(userip_limit, Fresh{}) {}
    void roster(const Pids& pids, std::uint16_t part = 0, std::uint16_t parts = 1) {
        wire::Roster roster{epoch, part, parts, {}};
        for (const auto pid : pids)
            roster.processes.push_back({pid, "imap"});
        CHECK(ledger.roster(roster, now) == Reception::applied);
        ledger.verify_invariants();
    }
};

} // namespace

TEST_CASE("until the roster of its epoch everything is void") {
    Restarted world;
    world.worker(11, "alice");
    CHECK(world.say(11) == Reception::not_restored);
    CHECK(world.ledger.started({11, "imap"}, world.now) == Reception::not_restored);
    CHECK(world.ledger.exited({11}, world.now) == Reception::not_restored);
    CHECK(world.ledger.limits({"imap", 1, 1, 1}, world.now) == Reception::not_restored);
    CHECK(world.ledger.roster({World::epoch - 1, 0, 1, {}}, world.now) == Reception::not_restored);
    CHECK_FALSE(world.ledger.is_restored());
    world.roster({11});
    CHECK(world.say(11) == Reception::applied);
    CHECK(world.ledger.is_restored());
}

TEST_CASE("lookups wait until all processes of the roster have reported; limits and reuse are whole then") {
    Restarted world(2);
    world.ask(1, "alice");
    world.ask(2, "alice");
    world.roster({11, 12});
    world.limits(10);
    CHECK(world.is_quiet());
    world.busy(11, "alice", session_id(100));
    CHECK(world.is_quiet());
    world.worker(12, "alice");
    world.say(12);
    const auto answers = world.ledger.take_answers();
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].route.pids.front() == 12);
    CHECK(answers[1].route.verdict == Verdict::refused_user);
}

TEST_CASE("a process of the roster that doesn't report holds lookups for 300 ms, one that exits doesn't") {
    Restarted world;
    world.ask(1, "alice");
    world.roster({11});
    world.limits(10);
    SUBCASE("silent") {
        CHECK(world.ledger.next_deadline() == world.now + gather_time);
        world.pass(gather_time - 1ms);
        CHECK(world.is_quiet());
        world.pass(1ms);
        const auto route = world.answer();
        CHECK(route.verdict == Verdict::cold);
        CHECK(route.why == Cold::restarting);
    }
    SUBCASE("dead") {
        world.exit(11);
        CHECK(world.answer().why == Cold::first);
    }
}

TEST_CASE("a roster comes in parts, in any order") {
    Restarted world;
    world.ask(1, "alice");
    world.roster({12}, 1, 2);
    world.limits(10);
    world.worker(12, "alice");
    world.say(12);
    CHECK(world.is_quiet());
    world.roster({11}, 0, 2);
    world.worker(11, "alice");
    world.say(11);
    CHECK(world.answer().pids == Pids{11, 12});
    CHECK(world.ledger.roster({World::epoch, 0, 2, {}}, world.now) == Reception::malformed);
    CHECK(world.ledger.roster({World::epoch, 2, 2, {}}, world.now) == Reception::malformed);
    CHECK(world.ledger.roster({World::epoch, 0, 0, {}}, world.now) == Reception::malformed);
}

TEST_CASE("a lookup that comes between the roster and the limits of its service waits for them") {
    Restarted world;
    world.roster({});
    CHECK(world.ledger.is_restored());
    world.ask(1, "alice");
    CHECK(world.is_quiet());
    world.limits(1);
    CHECK(world.answer().verdict == Verdict::cold);
}

TEST_CASE("without any word of the master a lookup is sent to the shared listener after a second") {
    Restarted world;
    world.ask(1, "alice");
    CHECK(world.ledger.next_deadline() == world.now + held_time);
    world.pass(held_time);
    const auto route = world.answer();
    CHECK(route.verdict == Verdict::cold);
    CHECK(route.why == Cold::restarting);
    CHECK(world.ledger.cold_slots() == 0);
}

TEST_CASE("held lookups are cancelled like others, and bounded") {
    Restarted world;
    world.ask(1, "alice");
    world.ask(2, "alice");
    world.ask(3, "alice", "192.0.2.1", 2);
    world.none_took(2);
    world.cancel(2);
    world.ledger.stream_closed(2, world.now);
    world.roster({});
    world.limits(10);
    CHECK(world.answer().id == 1);

    Restarted full;
    for (std::uint32_t id = 0; id < held_max; ++id)
        full.ledger.lookup(1, {id, "imap", "a", "::1", identity_of("a"), session_id(id)}, full.now);
    CHECK(full.is_quiet());
    full.ask(held_max, "a");
    CHECK(full.answer().verdict == Verdict::refused_queue);
}

TEST_CASE("a session that outlived anvil is not counted twice when its login asks again") {
    Restarted world(1);
    world.roster({11});
    world.limits(10);
    world.busy(11, "alice", session_id(1));
    world.ask(1, "alice"); // the login had no answer from the old anvil; the worker has the client in the end
    CHECK(world.answer().verdict == Verdict::candidates);
    CHECK(world.ledger.count("imap", "alice", "192.0.2.1") == 1);
}
