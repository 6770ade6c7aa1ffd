// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;
using wire::Verdict;

TEST_CASE("a worker that calls itself another user's, without the tag of a grant, is named to nobody") {
    World world;
    world.warm(66, "mallory");
    world.start(67);
    auto& lie = world.worker(67, "mallory");
    lie.user = "alice"; // the tag is mallory's
    lie.identity = identity_of("alice");
    CHECK(world.say(67) == Reception::wrong_tag);
    world.ask(1, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    CHECK(world.ledger.counters().reports[static_cast<std::size_t>(Reception::wrong_tag)] == 1);
}

TEST_CASE("a bound worker can't become another user's, not even with a right tag") {
    World world;
    world.warm(66, "mallory");
    World::name(world.worker(66), "alice", 0);
    CHECK(world.say(66) == Reception::identity_changed);
    world.ask(1, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    World::name(world.worker(66), "mallory", 5); // nor the same user with another identity
    CHECK(world.say(66) == Reception::identity_changed);
}

TEST_CASE("the tag covers service, user and identity") {
    World world;
    world.start(11);
    auto& report = world.worker(11, "alice");
    const auto good = report;
    SUBCASE("tag") {
        report.tag[31] ^= 1;
    }
    SUBCASE("user") {
        report.user = "alicf";
    }
    SUBCASE("identity") {
        report.identity[0] ^= 1;
    }
    CHECK(world.say(11) == Reception::wrong_tag);
    report = good;
    CHECK(world.say(11) == Reception::applied);
}

TEST_CASE("a report for another service, of an unknown pid or without a user is dropped") {
    World world;
    world.start(11);
    world.worker(11, "alice").service = "jmap";
    CHECK(world.say(11) == Reception::wrong_service);
    world.worker(12, "alice");
    CHECK(world.say(12) == Reception::unknown_pid);
    world.start(13);
    World::name(world.worker(13, "x"), "", 0);
    CHECK(world.say(13) == Reception::no_user);
    CHECK(world.ledger.user_count() == 0);
}

TEST_CASE("reports that come twice or late change nothing") {
    World world;
    world.start(11);
    world.busy(11, "alice", session_id(1));
    const auto old = world.worker(11);
    world.idle(11);
    CHECK(world.ledger.report(old, 11, world.now) == Reception::old_sequence);
    CHECK(world.ledger.session_count() == 0);
    CHECK(world.ledger.report(world.worker(11), 11, world.now) == Reception::old_sequence);
    world.ledger.verify_invariants();
}

TEST_CASE("coalesced reports: sessions that began and ended between two reports leave nothing behind") {
    World world(10, 10);
    world.warm(11, "alice");
    for (std::uint32_t click = 1; click <= 10; ++click) {
        world.ask(click, "alice");
        CHECK(world.answer().verdict == Verdict::candidates);
        world.worker(11).ended.push_back(session_id(click)); // neither its beginning nor its end was sent
        ++world.worker(11).served;
    }
    CHECK(world.ledger.count("imap", "alice", "192.0.2.1") == 10);
    CHECK(world.say(11) == Reception::applied);
    CHECK(world.ledger.count("imap", "alice", "192.0.2.1") == 0);
}

TEST_CASE("a coalesced first report ends the slot of its session") {
    World world(1);
    world.start(11);
    world.ask(1, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    world.worker(11, "alice").ended.push_back(session_id(1));
    world.worker(11).served = 1;
    CHECK(world.say(11) == Reception::applied);
    CHECK(world.ledger.cold_slots() == 0);
}

TEST_CASE("an exit removes only the sessions that this process still has") {
    World world;
    world.start(11);
    world.start(12);
    world.busy(11, "alice", session_id(1));
    world.busy(12, "alice", session_id(1)); // handed over again after 11 failed it
    world.exit(11);
    CHECK(world.ledger.session_count() == 1);
    CHECK(world.ledger.view(12, world.now)->sessions.size() == 1);
    world.exit(12);
    CHECK(world.ledger.session_count() == 0);
    CHECK(world.ledger.user_count() == 0);
}

TEST_CASE("after its exit a pid may be anybody's") {
    World world;
    world.warm(11, "mallory");
    world.exit(11);
    world.reports.clear();
    world.warm(11, "alice");
    world.ask(1, "alice");
    CHECK(world.answer().pids == Pids{11});
}

TEST_CASE("a worker can't list, or end, another user's session") {
    World world(10, 1);
    world.start(11);
    world.start(66);
    world.busy(11, "alice", session_id(1));
    world.ask(2, "bob");
    CHECK(world.answer().verdict == Verdict::cold);
    auto& lie = world.worker(66, "mallory");
    lie.sessions = {{session_id(1), "192.0.2.66"}, {session_id(2), "192.0.2.66"}};
    lie.ended = {session_id(1), session_id(2)};
    CHECK(world.say(66) == Reception::applied);
    CHECK(world.ledger.view(66, world.now)->sessions.empty());
    CHECK(world.ledger.view(11, world.now)->sessions.size() == 1);
    CHECK(world.ledger.count("imap", "bob", "192.0.2.1") == 1);
    CHECK(world.ledger.counters().foreign_sessions == 2);
}

TEST_CASE("the same session twice in a report counts once") {
    World world;
    world.start(11);
    world.worker(11, "alice").sessions = {{session_id(1), "192.0.2.1"}};
    world.busy(11, "alice", session_id(1));
    CHECK(world.ledger.count("imap", "alice", "192.0.2.1") == 1);
}
