// SPDX-License-Identifier: Apache-2.0
#include "worker/life.hpp"

#include <doctest/doctest.h>
#include <random>

using namespace hearth;
using namespace hearth::worker;
using namespace std::chrono_literals;

namespace {

const Time start{1h};

Life bound_life(LifeLimits limits = {}) {
    Life life(limits);
    life.bound(start);
    return life;
}

} // namespace

TEST_CASE("an unbound worker takes what comes over the shared listener and has no gate") {
    const Life life({});
    CHECK(life.first_answer(Origin::shared, 0) == FirstAnswer::read_grant);
    CHECK(life.first_answer(Origin::gate, 0) == FirstAnswer::busy);
    CHECK_FALSE(life.is_open());
    CHECK_FALSE(life.idle_deadline().has_value());
}

TEST_CASE("a bound worker takes offers through its gate only, so that no other user's offer is read by it") {
    const auto life = bound_life();
    CHECK(life.first_answer(Origin::gate, 0) == FirstAnswer::read_grant);
    CHECK(life.first_answer(Origin::shared, 0) == FirstAnswer::busy);
}

TEST_CASE("client_limit sessions shut the gate, the end of one opens it") {
    auto life = bound_life({.client_limit = 2});
    life.taken(start);
    CHECK(life.is_open());
    life.taken(start);
    CHECK_FALSE(life.is_open());
    CHECK(life.first_answer(Origin::gate, 0) == FirstAnswer::busy);
    life.ended(start);
    CHECK(life.is_open());
}

TEST_CASE("only a worker older than the grant refuses it for its generation") {
    auto life = bound_life({.generation = 3});
    CHECK(life.first_answer(Origin::gate, 2) == FirstAnswer::read_grant);
    CHECK(life.first_answer(Origin::gate, 3) == FirstAnswer::read_grant);
    CHECK(life.first_answer(Origin::gate, 4) == FirstAnswer::old_generation);
}

TEST_CASE("idle_kill counts from the end of the last session, not from its beginning") {
    auto life = bound_life({.idle_kill = 5s});
    life.taken(start + 1s);
    life.passed(start + 1h);
    CHECK(life.stage() == Stage::bound);
    life.ended(start + 1h);
    life.passed(start + 1h + 4999ms);
    CHECK(life.stage() == Stage::bound);
    CHECK(life.idle_deadline() == start + 1h + 5s);
    life.passed(start + 1h + 5s);
    CHECK(life.reason() == LeaveReason::idle_kill);
    CHECK(life.is_over());
}

TEST_CASE("a worker whose idle_kill is infinite never leaves for it") {
    auto life = bound_life();
    life.passed(Time::max());
    CHECK(life.stage() == Stage::bound);
}

TEST_CASE("asked to leave, an idle worker goes and a busy one stays") {
    auto life = bound_life();
    life.taken(start);
    CHECK_FALSE(life.asked_to_leave());
    CHECK(life.stage() == Stage::bound);
    life.ended(start);
    CHECK(life.asked_to_leave());
    CHECK(life.reason() == LeaveReason::evicted);
    CHECK(life.asked_to_leave());
}

TEST_CASE("a retired worker serves its sessions to the end, takes nobody, and doesn't free first") {
    auto life = bound_life({.client_limit = 3});
    life.taken(start);
    CHECK(life.frees_first());
    life.leave(LeaveReason::generation);
    CHECK_FALSE(life.is_open());
    CHECK_FALSE(life.frees_first());
    CHECK_FALSE(life.is_over());
    CHECK(life.first_answer(Origin::gate, 0) == FirstAnswer::leaving);
    life.leave(LeaveReason::shutdown);
    CHECK(life.reason() == LeaveReason::generation);
    life.ended(start);
    CHECK(life.is_over());
}

TEST_CASE("the last session of service_count is served, and then the worker is recycled") {
    auto life = bound_life({.service_count = 2});
    life.taken(start);
    life.ended(start);
    CHECK(life.stage() == Stage::bound);
    life.taken(start);
    CHECK(life.reason() == LeaveReason::recycled);
    CHECK_FALSE(life.is_over());
    CHECK_FALSE(life.frees_first());
    life.ended(start);
    CHECK(life.is_over());
}

TEST_CASE("an unbound worker that is told to leave leaves at once") {
    Life life({});
    CHECK(life.asked_to_leave());
    CHECK(life.is_over());
}

TEST_CASE("a million random events keep the invariants, and no life goes backwards") {
    const auto seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return random() % n; };
    std::uint64_t lives = 0, sessions = 0;
    for (int events = 0; events < 1'000'000; ++lives) {
        LifeLimits limits{.client_limit = static_cast<std::uint32_t>(below(4)), .generation = 5};
        if (below(2) != 0) limits.service_count = below(20);
        if (below(2) != 0) limits.idle_kill = std::chrono::milliseconds(below(100));
        Life life(limits);
        Time now = start;
        auto stage = life.stage();
        auto last_use = now;
        for (const auto length = below(200); !life.is_over() && below(length + 1) < 199; ++events) {
            now += std::chrono::milliseconds(below(20));
            const auto origin = below(2) != 0 ? Origin::gate : Origin::shared;
            switch (below(8)) {
            case 0:
            case 1:
            case 2:
                if (life.first_answer(origin, static_cast<std::uint32_t>(below(7))) != FirstAnswer::read_grant) break;
                REQUIRE(life.stage() != Stage::leaving);
                REQUIRE((origin == Origin::shared) == (life.stage() == Stage::unbound));
                if (life.stage() == Stage::unbound) life.bound(now);
                life.taken(now);
                ++sessions;
                last_use = now;
                break;
            case 3:
            case 4:
            case 5:
                if (life.sessions() == 0) break;
                life.ended(now);
                last_use = now;
                break;
            case 6: {
                const bool idle = life.is_idle();
                life.passed(now);
                if (idle && life.stage() == Stage::leaving) REQUIRE(now >= last_use + *limits.idle_kill);
                break;
            }
            default:
                if (below(10) != 0) break;
                if (below(2) != 0) {
                    life.leave(LeaveReason::generation);
                } else {
                    const bool leaves = life.asked_to_leave();
                    REQUIRE(leaves == (life.stage() == Stage::leaving));
                }
            }
            life.verify_invariants();
            REQUIRE(life.stage() >= stage);
            stage = life.stage();
            REQUIRE((life.first_answer(Origin::gate, 0) == FirstAnswer::read_grant) == life.is_open());
        }
        ++events;
    }
    CHECK(sessions > lives);
}
