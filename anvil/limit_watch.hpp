// SPDX-License-Identifier: Apache-2.0
// When an administrator is told that process_limit is too small: not for each refusal, and with the numbers that say
// what to set. PURE.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>

namespace hearth::anvil {

constexpr auto refusals_pause = std::chrono::minutes(1); ///< at least, between two remarks on refusals of one service
constexpr auto busy_pause = std::chrono::minutes(10);    ///< and on workers that are nearly all busy
constexpr std::uint32_t busy_percent = 80, calm_percent = 70;
constexpr std::uint32_t busy_limit_min = 10; ///< of a smaller limit 80 % says nothing

class LimitWatch {
public:
    struct Refusals {
        std::uint64_t refused = 0, waited = 0; ///< since the last remark
    };
    void note_refused() { ++pending_.refused; }
    void note_waited() { ++pending_.waited; }
    /// What to say now about refusals, if anything.
    std::optional<Refusals> refusals_due(Time now);
    /// When refusals_due() will have something to say; nothing if it has.
    [[nodiscard]] std::optional<Time> deadline() const;
    /// True when it is time to say that `busy` of `limit` processes are at work. Once, until it was calmer in between.
    bool busy_due(std::uint32_t busy, std::uint32_t limit, Time now);

private:
    Refusals pending_;
    std::optional<Time> refusals_said_, busy_said_;
    bool calm_ = true;
};

} // namespace hearth::anvil
