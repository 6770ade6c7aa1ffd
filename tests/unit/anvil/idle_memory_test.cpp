// SPDX-License-Identifier: Apache-2.0
// idle_memory_limit: what idle workers hold together, and how many should go.
#include "world.hpp"

using namespace hearth;
using namespace hearth::anvil;
using namespace hearth::anvil::testing;

namespace {

constexpr std::uint64_t MiB = 1024 * 1024;

// An idle worker that was measured.
void warm(World& world, std::uint32_t pid, std::uint32_t kib) {
    world.warm(pid, "user" + std::to_string(pid));
    world.worker(pid).memory_kib = kib;
    CHECK(world.say(pid) == Reception::applied);
}

ServiceView view(World& world) {
    return world.ledger.services(world.now).front();
}

} // namespace

TEST_CASE("the memory of idle workers is theirs while they are idle, and counts as last measured") {
    World world(100);
    warm(world, 11, 600);
    warm(world, 12, 400);
    world.warm(13, "unmeasured");
    CHECK(view(world).memory_kib == 1000);
    CHECK(view(world).measured == 2);
    CHECK(view(world).idle == 3);
    world.worker(11).memory_kib = 0; // busy: not measured
    world.busy(11, "user11", session_id(1));
    CHECK(view(world).memory_kib == 400);
    world.idle(11);
    CHECK(view(world).memory_kib == 1000);
    world.worker(11).memory_kib = 700;
    world.say(11);
    CHECK(view(world).memory_kib == 1100);
    CHECK(world.ledger.view(11, world.now)->memory_kib == 700);
    world.exit(12);
    CHECK(view(world).memory_kib == 700);
}

TEST_CASE("over the limit so many should go that the rest is a sixteenth below it, and none that was named already") {
    World world(100);
    world.limits(100, 1, 16 * MiB);
    for (std::uint32_t pid = 1; pid <= 16; ++pid)
        warm(world, pid, 1024);
    CHECK(view(world).excess == 0); // at the limit is not over it
    warm(world, 17, 1024);
    CHECK(view(world).excess == 2);
    const auto pids = world.ledger.evictable("imap", 2, world.now);
    CHECK(pids == Pids{1, 2});
    CHECK(view(world).excess == 0);
    SUBCASE("they go") {
        world.worker(1).leaving = true;
        world.say(1);
        world.exit(1, wire::ExitReason::memory);
        world.exit(2, wire::ExitReason::memory);
        CHECK(view(world).excess == 0);
        CHECK(view(world).memory_kib == 15 * 1024);
    }
    SUBCASE("they serve somebody instead: then others") {
        world.busy(1, "user1", session_id(1));
        CHECK(view(world).excess == 0); // one less is idle
        world.idle(1);
        CHECK(view(world).excess == 1);
    }
    SUBCASE("they don't answer: named again after a while") {
        CHECK(world.ledger.next_deadline() <= world.now + evictee_time);
        world.pass(evictee_time);
        CHECK(view(world).excess == 2);
    }
}

TEST_CASE("between the target and the limit nothing changes: it doesn't begin to shed, and doesn't stop before") {
    World world(100);
    world.limits(100, 1, 16 * MiB);
    for (std::uint32_t pid = 1; pid <= 16; ++pid)
        warm(world, pid, 1024);
    CHECK(view(world).excess == 0);
    warm(world, 17, 1024);
    CHECK(view(world).excess == 2);
    world.exit(17);
    CHECK(view(world).excess == 1); // 16 MiB, begun at 17
    world.exit(16);
    CHECK(view(world).excess == 0);
    warm(world, 16, 1024);
    CHECK(view(world).excess == 0);
}

TEST_CASE("a limit below a single worker's memory leaves none, and none at all means no limit") {
    World world(100);
    for (std::uint32_t pid = 1; pid <= 5; ++pid)
        warm(world, pid, 1024);
    world.warm(6, "unmeasured");
    world.limits(100, 1, 1024);
    CHECK(view(world).excess == 5);
    world.limits(100, 1, 0);
    CHECK(view(world).excess == 0);
}

TEST_CASE("the excess is told to the master when it changes, and anew to a new link") {
    World world(100);
    world.limits(100, 1, 4 * MiB);
    CHECK(world.ledger.take_demands().empty());
    for (std::uint32_t pid = 1; pid <= 5; ++pid)
        warm(world, pid, 1024);
    auto demands = world.ledger.take_demands();
    REQUIRE(demands.size() == 1);
    CHECK(demands.front().excess == 2);
    CHECK(world.ledger.take_demands().empty());
    world.ledger.forget_told_demands();
    CHECK(world.ledger.take_demands().size() == 1);
    world.ledger.evictable("imap", 2, world.now);
    demands = world.ledger.take_demands();
    REQUIRE(demands.size() == 1);
    CHECK(demands.front().excess == 0);
}

// A crowd that comes and goes at the limit: what should go goes, and no worker goes that needn't.
TEST_CASE("with workers that obey the sum stays at the limit, and shedding ends") {
    World world(1000);
    world.limits(1000, 1, 64 * MiB);
    std::uint32_t gone = 0, asked = 0;
    for (std::uint32_t pid = 1; pid <= 500; ++pid) {
        warm(world, pid, 512 + pid % 7 * 256);
        for (int round = 0;; ++round) {
            REQUIRE(round < 10);
            const auto excess = view(world).excess;
            if (excess == 0) break;
            ++asked;
            for (const auto evictee : world.ledger.evictable("imap", excess, world.now)) {
                world.exit(evictee, wire::ExitReason::memory);
                ++gone;
            }
        }
        REQUIRE(view(world).memory_kib <= 64 * 1024);
    }
    CHECK(view(world).memory_kib > 58 * 1024); // not emptied either
    CHECK(asked < gone / 3);                   // in handfuls, not one for one
}
