// SPDX-License-Identifier: Apache-2.0
// Who comes when: twelve hours of made-up users, drawn from a seed.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace hearth::simulate {

enum class Kind : std::uint8_t {
    periodic, ///< clients that poll: every 5, 10, 15 or 30 minutes, each gap with a jitter of 5 % (standard deviation)
    webmail,  ///< 5 to 40 clicks 20 s apart on average, then an hour's silence on average; exponential both
    half,     ///< every other user of each
    scan,     ///< three users of four come once, half of them within one hour; the others often, as Zipf says
    office,   ///< half pollers, half webmail with half an hour's silence; present from eight to five with a lunch break
    zipf,     ///< all come at random, the n-th user with a share of 1/n: there is nothing to predict but how often
    habits,   ///< each user draws every two hours anew whether to poll or to click
    doubling, ///< each gap is twice the last one, from 20 s to an hour and again: what was is what won't be
};
constexpr int asked_kinds = 5; ///< the first ones; the others were made to mislead
constexpr int all_kinds = 8;
std::string_view name(Kind kind);

struct Visit {
    Time at;
    Time::duration length{}; ///< 50 to 500 ms
    std::uint32_t user = 0;
    Time next = Time::max(); ///< when this user comes the next time: for Belady only
};

/// Sorted by time; visits of one user don't overlap.
struct Trace {
    std::uint32_t users = 0; ///< numbered from 0; each comes at least once
    std::vector<Visit> visits;
};

/// 150 to 1,500 users, by the seed.
Trace make_trace(Kind kind, std::uint64_t seed);

} // namespace hearth::simulate
