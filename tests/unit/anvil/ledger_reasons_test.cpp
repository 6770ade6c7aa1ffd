// SPDX-License-Identifier: Apache-2.0
// Why a login finds no warm worker, and what is counted of it.
#include "world.hpp"

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;
using wire::Cold;
using wire::ExitReason;
using wire::Verdict;

namespace {

Tally total(World& world) {
    return world.ledger.services(world.now).front().total;
}
std::uint64_t misses(World& world, Cold why) {
    return total(world).misses[static_cast<std::size_t>(why)];
}

} // namespace

TEST_CASE("who comes back after the last worker ended is told why it ended") {
    const std::map<ExitReason, Cold> reasons{{ExitReason::idle_kill, Cold::idle_kill},
        {ExitReason::eviction, Cold::evicted}, {ExitReason::memory, Cold::memory},
        {ExitReason::generation, Cold::generation}, {ExitReason::recycling, Cold::recycled},
        {ExitReason::crash, Cold::crash}, {ExitReason::kick, Cold::kicked}, {ExitReason::shutdown, Cold::ended},
        {ExitReason::other, Cold::ended}};
    CHECK(reasons.size() == wire::exit_reason_count);
    for (const auto& [reason, why] : reasons) {
        World world;
        world.warm(11, "alice");
        world.exit(11, reason);
        CHECK(world.ledger.user_count() == 0); // remembered all the same
        world.ask(1, "alice");
        CHECK(world.answer().why == why);
        CHECK(misses(world, why) == 1);
        world.ask(2, "bob");
        CHECK(world.answer().why == Cold::first);
        world.start(12);
        world.busy(12, "alice", session_id(1));
        CHECK(world.ledger.view(12, world.now)->before == reason);
    }
}

TEST_CASE("a worker that another one follows knows of its end, the first one of none") {
    World world;
    world.warm(11, "alice");
    CHECK_FALSE(world.ledger.view(11, world.now)->before);
    world.exit(11, ExitReason::eviction);
    world.warm(12, "alice");
    CHECK(world.ledger.view(12, world.now)->before == ExitReason::eviction);
    CHECK(world.ledger.remembered_count() == 1);
}

TEST_CASE("a named worker that declines was raced for, a busy one was not") {
    World world;
    world.warm(11, "alice");
    world.ask(1, "alice");
    world.ask(2, "alice"); // the same worker once more: it is named to both
    CHECK(world.verdicts() == std::map<std::uint32_t, Verdict>{{1, Verdict::candidates}, {2, Verdict::candidates}});
    world.busy(11, "alice", session_id(1));
    world.none_took(2);
    CHECK(world.answer().why == Cold::raced);
    world.ask(3, "alice");
    CHECK(world.answer().pids == Pids{11}); // full: its word may be late
    world.none_took(3);
    CHECK(world.answer().why == Cold::none_idle);
    CHECK(misses(world, Cold::raced) == 1);
    CHECK(misses(world, Cold::none_idle) == 1);
}

TEST_CASE("an eviction that overtakes a login is a race while it leaves, an eviction when it has") {
    World world;
    world.warm(11, "alice");
    world.ask(1, "alice");
    world.discard();
    world.worker(11).leaving = true;
    world.say(11);
    SUBCASE("leaving") {
        world.none_took(1);
        CHECK(world.answer().why == Cold::raced);
    }
    SUBCASE("gone") {
        world.exit(11, ExitReason::eviction);
        world.none_took(1);
        CHECK(world.answer().why == Cold::evicted);
    }
}

TEST_CASE("a hit is a session that a named worker took, a miss is a slot, and neither counts twice") {
    World world;
    world.warm(11, "alice");
    world.ask(1, "alice");
    CHECK(total(world).hits == 0); // named isn't taken
    world.busy(11, "alice", session_id(1));
    CHECK(total(world).hits == 1);
    world.say(11);
    world.idle(11);
    CHECK(total(world).hits == 1);
    world.ask(2, "alice"); // begins and ends between two reports
    world.worker(11).ended.push_back(session_id(2));
    world.say(11);
    CHECK(total(world).hits == 2);
    world.ask(3, "bob");
    world.start(12);
    world.busy(12, "bob", session_id(3));
    CHECK(total(world).hits == 2);
    CHECK(misses(world, Cold::first) == 1);
    CHECK(total(world).hit_ratio() == doctest::Approx(2.0 / 3));
}

TEST_CASE("waits and refusals are counted by service, with the longest wait") {
    World world(1, 1);
    world.ask(1, "alice");
    world.ask(2, "bob");
    world.pass(3s);
    CHECK(world.ledger.services(world.now).front().longest_waiting == 3s);
    CHECK(world.ledger.services(world.now).front().waiting == 1);
    world.ask(3, "carol");
    world.pass(1s);
    world.cancel(1);
    world.discard();
    CHECK(total(world).waited == 1);
    CHECK(total(world).longest_wait == 4s);
    CHECK(world.ledger.services(world.now).front().longest_waiting == 1s);
    world.pass(9s);
    CHECK(world.verdicts() == std::map<std::uint32_t, Verdict>{{3, Verdict::refused_queue}});
    CHECK(total(world).refused_queue == 1);
    CHECK(total(world).longest_wait == queue_time);
    world.ask(4, "bob");
    CHECK(world.answer().verdict == Verdict::refused_user);
    CHECK(total(world).refused_user == 1);
    CHECK(world.ledger.services(world.now).front().minute.refused_queue == 1);
    world.pass(61s);
    CHECK(world.ledger.services(world.now).front().minute.refused_queue == 0);
    CHECK(world.ledger.services(world.now).front().hour.refused_queue == 1);
}

TEST_CASE("the peak is the most workers there were") {
    World world;
    for (std::uint32_t pid = 1; pid <= 4; ++pid)
        world.warm(pid, "user" + std::to_string(pid));
    world.exit(1);
    world.exit(2);
    CHECK(world.ledger.services(world.now).front().peak == 4);
    CHECK(world.ledger.services(world.now).front().bound == 2);
}

TEST_CASE("a refusal at the limit is a remark with the numbers, and the next ones wait for their minute") {
    World world(1);
    world.ask(1, "alice");
    for (std::uint32_t id = 2; id <= 5; ++id)
        world.ask(id, "user" + std::to_string(id));
    CHECK(world.ledger.take_remarks().empty());
    world.pass(queue_time);
    auto remarks = world.ledger.take_remarks();
    REQUIRE(remarks.size() == 1);
    CHECK(remarks.front().service == "imap");
    CHECK(remarks.front().limit == 1);
    CHECK(remarks.front().refusals->refused == 4);
    CHECK(remarks.front().refusals->waited == 4);
    world.ask(6, "bob");
    world.pass(queue_time);
    CHECK(world.ledger.take_remarks().empty());
    CHECK(world.ledger.next_deadline() <= world.now + refusals_pause);
    world.pass(refusals_pause);
    remarks = world.ledger.take_remarks();
    REQUIRE(remarks.size() == 1);
    CHECK(remarks.front().refusals->refused == 1);
}

TEST_CASE("when four in five processes are busy that is a remark, however many are warm") {
    World world(10);
    for (std::uint32_t pid = 1; pid <= 10; ++pid)
        world.warm(pid, "user" + std::to_string(pid));
    CHECK(world.ledger.take_remarks().empty());
    for (std::uint32_t pid = 1; pid <= 8; ++pid)
        world.busy(pid, "user" + std::to_string(pid), session_id(pid));
    const auto remarks = world.ledger.take_remarks();
    REQUIRE(remarks.size() == 1);
    CHECK_FALSE(remarks.front().refusals);
    CHECK(remarks.front().busy == 8);
    CHECK(remarks.front().bound == 10);
}

TEST_CASE("top names who waits for most, then who has most, at most as many as asked for") {
    World world(3);
    world.start(1);
    world.start(2);
    world.busy(1, "one", session_id(1));
    world.worker(2, "two").client_limit = 2;
    world.busy(2, "two", session_id(2));
    world.busy(2, "two", session_id(3));
    world.warm(3, "idle");
    world.ask(10, "waiting");
    world.pass(1s);
    auto top = world.ledger.top(10, world.now);
    REQUIRE(top.size() == 4);
    CHECK(top[0].user == "waiting");
    CHECK(top[0].waiting == 1);
    CHECK(top[0].sessions == 0);
    CHECK(top[1].user == "two");
    CHECK(top[1].sessions == 2);
    CHECK(top[1].pid == 2);
    CHECK(top[2].user == "one");
    CHECK(top[3].user == "idle");
    CHECK(top[3].idle == 1s);
    top = world.ledger.top(2, world.now);
    REQUIRE(top.size() == 2);
    CHECK(top[1].user == "two");
    CHECK(world.ledger.top(0, world.now).empty());
}
