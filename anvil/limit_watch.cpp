// SPDX-License-Identifier: Apache-2.0
#include "limit_watch.hpp"

#include <utility>

namespace hearth::anvil {

std::optional<LimitWatch::Refusals> LimitWatch::refusals_due(Time now) {
    if (pending_.refused == 0) return std::nullopt;
    if (refusals_said_ && now < *refusals_said_ + refusals_pause) return std::nullopt;
    refusals_said_ = now;
    return std::exchange(pending_, Refusals{});
}

std::optional<Time> LimitWatch::deadline() const {
    if (pending_.refused == 0 || !refusals_said_) return std::nullopt;
    return *refusals_said_ + refusals_pause;
}

bool LimitWatch::busy_due(std::uint32_t busy, std::uint32_t limit, Time now) {
    const auto percent = limit == 0 ? 0 : std::uint64_t{busy} * 100 / limit;
    if (percent < calm_percent) calm_ = true;
    if (percent < busy_percent || limit < busy_limit_min || !calm_) return false;
    if (busy_said_ && now < *busy_said_ + busy_pause) return false;
    calm_ = false;
    busy_said_ = now;
    return true;
}

} // namespace hearth::anvil
