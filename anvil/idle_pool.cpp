// SPDX-License-Identifier: Apache-2.0
#include "idle_pool.hpp"

#include <algorithm>

namespace hearth::anvil {

std::uint32_t MemoryWatch::excess(const IdlePool& pool) {
    const auto target = limit_kib_ - limit_kib_ / 16;
    if (limit_kib_ == 0 || pool.memory_kib <= target)
        shedding_ = false;
    else if (pool.memory_kib > limit_kib_)
        shedding_ = true;
    excess_ = 0;
    const auto staying = pool.memory_kib - pool.named_kib;
    if (!shedding_ || staying <= target) return excess_;
    // As many as hold it on average; what is too few or too many shows in their next words.
    const auto average = std::max<std::uint64_t>(1, pool.memory_kib / pool.measured);
    const auto wanted = (staying - target + average - 1) / average;
    excess_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, pool.measured - pool.named));
    return excess_;
}

} // namespace hearth::anvil
