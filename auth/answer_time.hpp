// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace hearth::auth {

/// When a failure is answered: a whole number of delays (at least one) after the credentials came at `asked`, so that
/// neither the time a hash took nor whether there was one shows (reliability T15). `now` if there is no delay.
inline Time answer_time(Time asked, Time now, std::chrono::milliseconds delay) {
    if (delay <= std::chrono::milliseconds::zero()) return now;
    const std::int64_t rounds = (now - asked + delay - std::chrono::nanoseconds(1)) / delay;
    return asked + std::max<std::int64_t>(rounds, 1) * delay;
}

} // namespace hearth::auth
