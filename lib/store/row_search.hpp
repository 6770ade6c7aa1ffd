// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <algorithm>

namespace hearth::store {

/// The first row with this UID or a higher one. Rows are in UID order.
template <class AnyRows> auto rows_from(AnyRows& rows, std::uint32_t uid) {
    return std::lower_bound(
        rows.begin(), rows.end(), uid, [](const MessageRow& row, std::uint32_t wanted) { return row.uid < wanted; });
}

/// The row with this UID; null: there is none.
template <class AnyRows> auto* find_row(AnyRows& rows, std::uint32_t uid) {
    const auto at = rows_from(rows, uid);
    return at == rows.end() || at->uid != uid ? nullptr : &*at;
}

} // namespace hearth::store
