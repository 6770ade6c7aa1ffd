// SPDX-License-Identifier: Apache-2.0
#include "remembered.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace hearth;
using namespace hearth::anvil;
using protocol::anvil::ExitReason;

TEST_CASE("the latest end counts, by service and user") {
    Remembered remembered;
    CHECK_FALSE(remembered.last_end(0, "alice"));
    remembered.note_end(0, "alice", ExitReason::other);
    remembered.note_end(0, "alice", ExitReason::crash);
    remembered.note_end(1, "alice", ExitReason::kick);
    CHECK(remembered.last_end(0, "alice") == ExitReason::crash);
    CHECK(remembered.last_end(1, "alice") == ExitReason::kick);
    CHECK_FALSE(remembered.last_end(0, "bob"));
    remembered.verify_invariants();
}

TEST_CASE("who was heard of longest ago is forgotten first, and there are never more than the limit") {
    constexpr std::size_t limit = 100;
    Remembered remembered(limit);
    const auto user = [](std::size_t number) { return "user" + std::to_string(number); };
    for (std::size_t number = 0; number < limit; ++number)
        remembered.note_end(0, user(number), ExitReason::idle_kill);
    remembered.note_end(0, user(0), ExitReason::eviction); // the oldest is heard of again
    remembered.note_end(0, "newcomer", ExitReason::idle_kill);
    CHECK(remembered.size() == limit);
    CHECK(remembered.forgotten() == 1);
    CHECK(remembered.last_end(0, user(0)) == ExitReason::eviction);
    CHECK_FALSE(remembered.last_end(0, user(1)));
    CHECK(remembered.last_end(0, user(2)));
    for (std::size_t number = 0; number < 10 * limit; ++number) {
        remembered.note_end(3, user(number), ExitReason::memory);
        remembered.verify_invariants();
    }
    CHECK(remembered.size() == limit);
}
