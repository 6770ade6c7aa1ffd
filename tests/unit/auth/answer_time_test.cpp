// SPDX-License-Identifier: Apache-2.0
#include "answer_time.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::auth;
using namespace std::chrono_literals;

TEST_CASE("a failure is answered at whole delays, whatever its check took") {
    const Time asked{1000s};
    CHECK(answer_time(asked, asked, 2s) == asked + 2s);
    CHECK(answer_time(asked, asked + 1ms, 2s) == asked + 2s);
    CHECK(answer_time(asked, asked + 2s, 2s) == asked + 2s);
    CHECK(answer_time(asked, asked + 2s + 1ns, 2s) == asked + 4s);
    CHECK(answer_time(asked, asked + 9s, 2s) == asked + 10s);
    CHECK(answer_time(asked, asked + 9s, 0s) == asked + 9s);
}
