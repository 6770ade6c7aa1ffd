// SPDX-License-Identifier: Apache-2.0
#include "tally.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::anvil;
using namespace std::chrono_literals;
using protocol::anvil::Cold;

namespace {

constexpr auto evicted = static_cast<std::size_t>(Cold::evicted);

void hit(Tally& tally) {
    ++tally.hits;
}
void miss(Tally& tally) {
    ++tally.misses[evicted];
}

} // namespace

TEST_CASE("what happened counts for ever, for a minute and for an hour") {
    Tallies tallies;
    Time now = Time{} + 100h;
    tallies.note(now, hit);
    tallies.note(now, hit);
    tallies.note(now, miss);
    CHECK(tallies.minute(now).hits == 2);
    CHECK(tallies.minute(now + 59s).hits == 2);
    CHECK(tallies.minute(now + 60s).hits == 0);
    CHECK(tallies.hour(now + 59min).misses[evicted] == 1);
    CHECK(tallies.hour(now + 60min).misses[evicted] == 0);
    CHECK(tallies.total().hits == 2);
    tallies.note(now + 60s, hit); // the same place in the ring
    CHECK(tallies.minute(now + 60s).hits == 1);
    CHECK(tallies.hour(now + 60s).hits == 3);
}

TEST_CASE("a silence longer than the ring leaves nothing of before") {
    Tallies tallies;
    Time now = Time{} + 1h;
    for (int second = 0; second < 200; ++second)
        tallies.note(now + std::chrono::seconds(second), hit);
    CHECK(tallies.minute(now + 199s).hits == 60);
    CHECK(tallies.minute(now + 24h).hits == 0);
    CHECK(tallies.hour(now + 24h).hits == 0);
    CHECK(tallies.total().hits == 200);
}

TEST_CASE("the ratio is of those who found a place, and longest waits are not added up") {
    Tally tally;
    CHECK(tally.hit_ratio() == 0);
    tally.hits = 3;
    tally.misses[evicted] = 1;
    tally.refused_queue = 100;
    tally.longest_wait = 2s;
    CHECK(tally.hit_ratio() == doctest::Approx(0.75));
    Tally other;
    other.longest_wait = 5s;
    other.hits = 1;
    tally.add(other);
    CHECK(tally.longest_wait == 5s);
    CHECK(tally.hits == 4);
}
