// SPDX-License-Identifier: Apache-2.0
#include "log_limit.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::auth;
using namespace std::chrono_literals;

TEST_CASE("ten lines a second are written, the others are counted and told about later") {
    LogLimit limit;
    const Time start{1000s};
    for (int i = 0; i < LogLimit::lines_per_second; ++i)
        CHECK(limit.take(start + 1ms * i) == 0u);
    for (int i = 0; i < 25; ++i)
        CHECK_FALSE(limit.take(start + 500ms));
    CHECK(limit.take(start + 1s) == 25u);
    CHECK(limit.take(start + 1s) == 0u);
}
