// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"

namespace hearth {

std::uint64_t to_wire(Time time) {
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
    return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

Time time_from_wire(std::uint64_t nanoseconds) {
    constexpr auto largest = static_cast<std::uint64_t>(std::chrono::nanoseconds::max().count());
    const auto bounded = static_cast<std::int64_t>(nanoseconds > largest ? largest : nanoseconds);
    return Time(std::chrono::duration_cast<Clock::duration>(std::chrono::nanoseconds(bounded)));
}

} // namespace hearth
