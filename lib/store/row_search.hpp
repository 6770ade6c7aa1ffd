// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <algorithm>

namespace hearth::store {

/// The row with this UID; null: there is none. Rows are in UID order.
template <class AnyRows> auto* find_row(AnyRows& rows, std::uint32_t uid) {
    const auto at = std::lower_bound(
        rows.begin(), rows.end(), uid, [](const MessageRow& row, std::uint32_t wanted) { return row.uid < wanted; });
    return at == rows.end() || at->uid != uid ? nullptr : &*at;
}

} // namespace hearth::store
