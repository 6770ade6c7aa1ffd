// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slab.hpp"

namespace hearth::anvil {

/// The workers of one service that could be asked to go: what they are, and what they hold.
struct IdlePool {
    Chain chain; ///< most recently used first
    std::uint32_t count = 0;
    std::uint32_t offered = 0;    ///< of them named to a login a moment ago: their next word is awaited
    std::uint32_t yielded = 0;    ///< of them left to others by their own user, who waits
    std::uint32_t measured = 0;   ///< of them with a known memory
    std::uint64_t memory_kib = 0; ///< of the measured ones together
    std::uint32_t named = 0;      ///< measured ones that the master was told of and that haven't spoken since
    std::uint64_t named_kib = 0;  ///< theirs

    /// Idle workers that nobody has been promised.
    [[nodiscard]] std::uint32_t spare() const { return count - offered; }
};

/// How many more idle workers should go, because together they hold too much. Once over the limit, room is made down to
/// a sixteenth below it, so that one worker more or less doesn't make it begin and end.
class MemoryWatch {
public:
    /// 0: no limit.
    void set_limit(std::uint64_t bytes) { limit_kib_ = bytes / 1024; }
    /// To be told after each change; the answer doesn't count those that the master was told of already.
    std::uint32_t excess(const IdlePool& pool);
    [[nodiscard]] std::uint32_t excess() const { return excess_; }
    [[nodiscard]] bool is_shedding() const { return shedding_; }
    [[nodiscard]] std::uint64_t limit_kib() const { return limit_kib_; }

private:
    std::uint64_t limit_kib_ = 0;
    std::uint32_t excess_ = 0;
    bool shedding_ = false;
};

} // namespace hearth::anvil
