// SPDX-License-Identifier: Apache-2.0
// Every bound of anvil's ledger, named once.
#pragma once

#include "base/clock.hpp"

#include <cstddef>

namespace hearth::anvil {

constexpr std::size_t services_max = 256; ///< named by the master
constexpr std::size_t queue_max = 10'000; ///< lookups that wait at one service's process limit
constexpr std::size_t held_max = 10'000;  ///< lookups held back while the ledger is restored
constexpr std::size_t leases_per_stream_max =
    262'144;                          ///< of one login process; 5,000 logins/s for lease_time are 75,000
constexpr std::size_t walk_max = 256; ///< workers of a user, or users who wait, looked at for one answer

constexpr auto queue_time = std::chrono::seconds(10);         ///< how long a lookup waits; login gives up later
constexpr auto offered_time = std::chrono::milliseconds(300); ///< a worker named to one login isn't first for another
constexpr auto evictee_time = std::chrono::milliseconds(500); ///< nor named to the master twice
constexpr auto gather_time = std::chrono::milliseconds(300);  ///< from the roster until lookups are answered anyway
constexpr auto held_time = std::chrono::seconds(1);           ///< no longer, even if no roster comes

} // namespace hearth::anvil
