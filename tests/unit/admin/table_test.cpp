// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <doctest/doctest.h>

using namespace hearth::admin;

TEST_CASE("a table aligns words to the left and numbers to the right, and ends lines without blanks") {
    Table table({"user", "#", "state"});
    table.add({"alice", "3", "idle"});
    table.add({"élodie", "12", ""});
    CHECK(table.text() == "user    #   state\n"
                          "alice    3  idle\n"
                          "élodie  12\n");
}

TEST_CASE("durations have at most two units") {
    CHECK(duration_text(40) == "40ms");
    CHECK(duration_text(59'000) == "59s");
    CHECK(duration_text(299'000) == "4m59s");
    CHECK(duration_text(3'720'000) == "1h02m");
    CHECK(duration_text(90'000'000) == "1d01h");
}
