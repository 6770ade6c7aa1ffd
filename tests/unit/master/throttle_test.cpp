// SPDX-License-Identifier: Apache-2.0
#include "throttle.hpp"
#include "worker_state.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::master;
using namespace std::chrono_literals;

namespace {

const Time start{1h};
constexpr Throttle::End not_ready{.clean = false, .before_ready = true, .per_user = true, .age = 1ms};
constexpr Throttle::End crashed{.clean = false, .before_ready = false, .per_user = true, .age = 5s};
constexpr Throttle::End clean{.clean = true, .before_ready = false, .per_user = true, .age = 5s};

} // namespace

TEST_CASE("several failures of one batch are one pause") {
    Throttle throttle;
    CHECK(throttle.ended(not_ready, start));
    CHECK_FALSE(throttle.ended(not_ready, start));
    CHECK_FALSE(throttle.ended(not_ready, start));
    CHECK_FALSE(throttle.allows(start + 1999ms));
    CHECK(throttle.allows(start + 2s));
    CHECK(throttle.ended(not_ready, start + 2s));
    CHECK_FALSE(throttle.allows(start + 5s));
    CHECK(throttle.allows(start + 6s));
}

TEST_CASE("one exit 0, or ten seconds of life, make a service healthy") {
    Throttle by_exit, by_age;
    CHECK_FALSE(by_exit.ended(clean, start));
    CHECK(by_exit.is_healthy());
    by_age.seen_alive(9s);
    CHECK_FALSE(by_age.is_healthy());
    by_age.seen_alive(10s);
    CHECK(by_age.is_healthy());
}

TEST_CASE("a crash after READY is no reason to wait; eleven in a second of a service that never was healthy are") {
    Throttle throttle;
    for (int i = 0; i < 10; ++i) CHECK_FALSE(throttle.ended(crashed, start));
    CHECK(throttle.failures_in_second(start) == 10);
    CHECK(throttle.failures_in_second(start + 1s) == 0);
    CHECK(throttle.ended(crashed, start));
    Throttle healthy;
    healthy.ended(clean, start);
    for (int i = 0; i < 10'000; ++i) CHECK_FALSE(healthy.ended(crashed, start));
}

TEST_CASE("a healthy service is allowed two failed starts in a row") {
    Throttle throttle;
    throttle.ended(clean, start);
    CHECK_FALSE(throttle.ended(not_ready, start));
    CHECK_FALSE(throttle.ended(not_ready, start));
    throttle.became_ready();
    CHECK_FALSE(throttle.ended(not_ready, start));
    CHECK_FALSE(throttle.ended(not_ready, start));
    CHECK(throttle.ended(not_ready, start));
    CHECK_FALSE(throttle.allows(start + 1s));
    throttle.forgive();
    CHECK(throttle.allows(start + 1s));
}

TEST_CASE("nobody comes back from gone, and nobody becomes unbound again") {
    for (const auto event : {WorkerEvent::ready, WorkerEvent::bound, WorkerEvent::leaving, WorkerEvent::exited})
        CHECK_FALSE(next_state(WorkerState::gone, event));
    for (const auto state : {WorkerState::unbound, WorkerState::bound, WorkerState::leaving})
        CHECK_FALSE(next_state(state, WorkerEvent::ready));
    for (const auto state : {WorkerState::starting, WorkerState::unbound, WorkerState::bound, WorkerState::leaving})
        CHECK(next_state(state, WorkerEvent::exited) == WorkerState::gone);
    CHECK(name(WorkerState::leaving) == "leaving");
    CHECK(name(WorkerEvent::exited) == "exited");
}
