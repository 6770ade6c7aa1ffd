// SPDX-License-Identifier: Apache-2.0
#include "limit_text.hpp"

#include <fmt/format.h>

namespace hearth::anvil {
namespace {

std::string what_happened(const LimitRemark& remark) {
    if (!remark.refusals) {
        return fmt::format("{} of {} processes (process_limit) are busy; from there on logins wait, then are refused",
            remark.busy, remark.limit);
    }
    return fmt::format("process_limit ({}) is reached: {} logins were refused and {} had to wait since this was said last",
        remark.limit, remark.refusals->refused, remark.refusals->waited);
}

} // namespace

std::string limit_text(const LimitRemark& remark) {
    const auto cost = remark.average_kib == 0 ? std::string("`hearth sizing` says what it gains and costs")
                                              : fmt::format("each idle process holds about {} KiB", remark.average_kib);
    return fmt::format("service {}: {}. Raise process_limit ({}), or look for who has so many sessions (`hearth top`) "
                       "limit={} used={} busy={} peak={} waiting={}",
        remark.service, what_happened(remark), cost, remark.limit, remark.bound, remark.busy, remark.peak,
        remark.waiting);
}

} // namespace hearth::anvil
