// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace hearth {

/// The monotonic clock, the same in all processes of a machine (CLOCK_MONOTONIC): leases, deadlines, idle times.
/// Decisions never call now(); they are handed a `Time`.
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

/// Nanoseconds of `time`, as protocols carry them between processes of one machine.
std::uint64_t to_wire(Time time);
Time time_from_wire(std::uint64_t nanoseconds);

} // namespace hearth
