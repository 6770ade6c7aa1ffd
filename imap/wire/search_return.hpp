// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/arguments.hpp"

#include <cstdint>
#include <optional>

namespace hearth::imap {

/// A page of results (RFC 9394): the first is 1, or with `from_end` the last.
struct PartialRange {
    std::uint32_t first = 1, last = 1; ///< first <= last
    bool from_end = false;
};

/// RETURN options of SEARCH (RFC 4731), SORT (RFC 5267), SAVE (RFC 5182) and PARTIAL (RFC 9394).
struct SearchReturn {
    bool min = false, max = false, count = false, all = false, save = false;
    bool relevancy = false; ///< RFC 6203
    std::optional<PartialRange> partial;

    /// Whether there is anything to tell: not when only SAVE was asked for.
    [[nodiscard]] bool is_told() const { return min || max || partial || tells_of_all(); }
    /// Whether it is about every message that was found: not only the first, the last or a page.
    [[nodiscard]] bool tells_of_all() const { return all || count || (relevancy && !partial); }
};

/// What stands after RETURN: " (MIN COUNT)". An empty list means ALL.
std::optional<SearchReturn> read_search_return(Arguments& arguments);

} // namespace hearth::imap
