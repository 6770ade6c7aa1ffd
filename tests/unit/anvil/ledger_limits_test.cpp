// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;
using wire::Verdict;

TEST_CASE("N parallel logins can't pass mail_max_userip_connections: a lease counts at once") {
    World world(100, 3);
    for (std::uint32_t id = 1; id <= 8; ++id)
        world.ask(id, "alice");
    std::size_t cold = 0, refused = 0;
    for (const auto& answer : world.ledger.take_answers()) {
        cold += answer.route.verdict == Verdict::cold ? 1 : 0;
        refused += answer.route.verdict == Verdict::refused_user ? 1 : 0;
        if (answer.route.verdict == Verdict::refused_user) CHECK(answer.route.limit == 3);
    }
    CHECK(cold == 3);
    CHECK(refused == 5);
    world.ask(20, "alice", "192.0.2.2"); // another address
    CHECK(world.answer().verdict == Verdict::cold);
    world.ask(21, "bob");
    CHECK(world.answer().verdict == Verdict::cold);
    world.ask(22, "alice", "::ffff:192.0.2.1"); // the same address, written differently
    CHECK(world.answer().verdict == Verdict::refused_user);
}

TEST_CASE("a new limit counts for who comes from now on, and ends nobody's session") {
    World world(100, 1);
    world.ask(1, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    world.ask(2, "alice");
    CHECK(world.answer().verdict == Verdict::refused_user);
    CHECK(world.ledger.user_limit({2}) == Reception::applied);
    world.ask(3, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    world.ask(4, "alice");
    const auto refused = world.answer();
    CHECK(refused.verdict == Verdict::refused_user);
    CHECK(refused.limit == 2);
    CHECK(world.ledger.user_limit({1}) == Reception::applied);
    CHECK(world.ledger.lease_count() == 2);
    CHECK(world.ledger.user_limit({0}) == Reception::applied); // off
    world.ask(5, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
}

TEST_CASE("a lease ends by cancel, by the stream's end and by its deadline") {
    World world(100, 1);
    world.ask(1, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    world.ask(2, "alice");
    CHECK(world.answer().verdict == Verdict::refused_user);
    SUBCASE("cancel") {
        world.cancel(1);
    }
    SUBCASE("the stream's end") {
        world.ledger.stream_closed(1, world.now);
    }
    SUBCASE("deadline") {
        CHECK(world.ledger.next_deadline() == world.now + wire::lease_time);
        world.pass(wire::lease_time);
        CHECK(world.ledger.counters().leases_expired == 1);
    }
    world.ledger.verify_invariants();
    CHECK(world.ledger.lease_count() == 0);
    CHECK(world.ledger.cold_slots() == 0);
    world.ask(3, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
}

TEST_CASE("a lookup of another stream can't be cancelled") {
    World world(100, 1);
    world.ask(1, "alice");
    world.cancel(1, 2);
    CHECK(world.ledger.lease_count() == 1);
}

TEST_CASE("after the worker's report the session counts as long as the worker says") {
    World world(100, 1);
    world.start(11);
    world.ask(1, "alice");
    world.busy(11, "alice", session_id(1));
    world.ledger.stream_closed(1, world.now); // the login may go
    world.pass(1min);
    CHECK(world.ledger.count("imap", "alice", "192.0.2.1") == 1);
    world.idle(11);
    CHECK(world.ledger.count("imap", "alice", "192.0.2.1") == 0);
}

TEST_CASE("process_limit: bound workers and slots together never pass it, unbound ones don't count") {
    World world(3);
    for (std::uint32_t pid = 11; pid <= 15; ++pid)
        world.start(pid);
    world.busy(11, "a", session_id(101));
    world.ask(1, "b");
    world.ask(2, "c");
    world.ask(3, "d");
    const auto verdicts = world.verdicts();
    CHECK(verdicts.at(1) == Verdict::cold);
    CHECK(verdicts.at(2) == Verdict::cold);
    CHECK(verdicts.at(3) == Verdict::wait);
    world.busy(12, "b", session_id(1)); // the slot became a worker: nothing is free
    CHECK(world.is_quiet());
    world.worker(11).leaving = true; // leaving ones live still
    world.say(11);
    CHECK(world.is_quiet());
    world.exit(11);
    CHECK(world.verdicts().at(3) == Verdict::cold);
}

TEST_CASE("a raised limit serves who waits, a lowered one takes nothing away") {
    World world(1);
    for (std::uint32_t id = 1; id <= 4; ++id)
        world.ask(id, "user" + std::to_string(id));
    world.verdicts();
    world.limits(3);
    CHECK(world.verdicts() == std::map<std::uint32_t, Verdict>{{2, Verdict::cold}, {3, Verdict::cold}});
    world.limits(1);
    CHECK(world.ledger.cold_slots() == 3);
    world.cancel(1);
    world.cancel(2);
    CHECK(world.is_quiet());
    world.cancel(3);
    CHECK(world.verdicts() == std::map<std::uint32_t, Verdict>{{4, Verdict::cold}});
}

TEST_CASE("the queue is fair by user: who has or waits for fewer goes first, then first come") {
    World world(2);
    world.start(11);
    world.busy(11, "hog", session_id(500));
    world.ask(1, "other"); // takes the last slot
    for (std::uint32_t id = 10; id < 15; ++id) {
        world.ask(id, "hog");
        world.none_took(id); // 11 is full
    }
    for (const auto& [id, user] : {std::pair(20U, "bob"), {21, "carol"}, {22, "carol"}, {23, "dave"}})
        world.ask(id, user);
    world.none_took(10); // asking again changes nothing
    world.discard();
    CHECK(world.ledger.waiting() == 9);

    std::vector<std::uint32_t> order;
    for (std::uint32_t limit = 3; limit < 12; ++limit) {
        world.limits(limit);
        order.push_back(world.answer().id);
    }
    CHECK(order == std::vector<std::uint32_t>{20, 23, 21, 22, 10, 11, 12, 13, 14});
}

TEST_CASE("a place in the queue ends by cancel, by the stream's end, and with a refusal by its deadline") {
    World world(1);
    world.ask(1, "alice");
    world.ask(2, "bob");
    world.discard();
    CHECK(world.ledger.waiting() == 1);
    SUBCASE("cancel") {
        world.cancel(2);
    }
    SUBCASE("the stream's end") {
        world.ledger.stream_closed(1, world.now);
    }
    SUBCASE("deadline") {
        world.pass(queue_time);
        CHECK(world.verdicts() == std::map<std::uint32_t, Verdict>{{2, Verdict::refused_queue}});
    }
    world.ledger.verify_invariants();
    CHECK(world.ledger.waiting() == 0);
    world.cancel(1);
    CHECK(world.is_quiet());
    CHECK(world.ledger.user_count() == 0);
}

TEST_CASE("a waiting user's own worker that becomes idle is named at once") {
    World world(1);
    world.start(11);
    world.busy(11, "alice", session_id(100));
    world.ask(1, "bob");
    world.ask(2, "alice");
    world.none_took(2); // 11 was full
    CHECK(world.verdicts() == std::map<std::uint32_t, Verdict>{{1, Verdict::wait}, {2, Verdict::wait}});
    world.idle(11);
    const auto route = world.answer();
    CHECK(route.id == 2);
    CHECK(route.verdict == Verdict::candidates);
    CHECK(route.pids == Pids{11});
    world.none_took(2); // it declined after all: back to its place
    CHECK(world.answer().verdict == Verdict::wait);
    world.pass(queue_time); // and no new time
    CHECK(world.verdicts().at(2) == Verdict::refused_queue);
}

TEST_CASE("a free worker serves as many waiting lookups of its user as it has room for") {
    World world(1);
    world.start(11);
    world.worker(11, "alice").client_limit = 2;
    world.busy(11, "alice", session_id(100));
    world.busy(11, "alice", session_id(101));
    for (std::uint32_t id = 1; id <= 3; ++id) {
        world.ask(id, "alice");
        world.none_took(id);
    }
    world.discard();
    world.idle(11);
    CHECK(world.verdicts() == std::map<std::uint32_t, Verdict>{{1, Verdict::candidates}, {2, Verdict::candidates}});
}

TEST_CASE("the queue is bounded") {
    World world(0);
    for (std::uint32_t id = 0; id < queue_max; ++id)
        world.ledger.lookup(1, {id, "imap", "alice", "192.0.2.1", identity_of("alice"), session_id(id)}, world.now);
    CHECK(world.ledger.waiting() == queue_max);
    world.discard();
    SUBCASE("who has most loses his latest place to a newcomer who has less") {
        world.ask(queue_max, "bob");
        CHECK(world.verdicts() ==
              std::map<std::uint32_t, Verdict>{{queue_max - 1, Verdict::refused_queue}, {queue_max, Verdict::wait}});
    }
    SUBCASE("who has most himself is refused") {
        world.ask(queue_max, "alice");
        CHECK(world.verdicts() == std::map<std::uint32_t, Verdict>{{queue_max, Verdict::refused_queue}});
    }
    CHECK(world.ledger.waiting() == queue_max);
    world.ledger.stream_closed(1, world.now);
    CHECK(world.ledger.user_count() == 0);
}

TEST_CASE("a lookup that is cancelled while a slot is its own gives the slot to the next") {
    World world(1);
    world.ask(1, "alice");
    world.ask(2, "bob");
    world.discard();
    world.cancel(1);
    CHECK(world.verdicts() == std::map<std::uint32_t, Verdict>{{2, Verdict::cold}});
}

TEST_CASE("a login that uses a number again gives up what it held under it") {
    World world(1);
    world.ask(1, "alice");
    world.discard();
    world.ask(1, "alice");
    CHECK(world.answer().verdict == Verdict::cold);
    CHECK(world.ledger.lease_count() == 1);
}
