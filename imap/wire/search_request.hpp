// SPDX-License-Identifier: Apache-2.0
// The arguments of SEARCH (RFC 9051 section 6.4.4, RFC 4731), SORT and THREAD (RFC 5256, RFC 5267).
#pragma once

#include "wire/search_key.hpp"
#include "wire/search_return.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace hearth::imap {

/// What the three commands have in common.
struct SearchProgram {
    SearchKey key;
    std::string charset;          ///< empty: none was named
    bool has_fuzzy = false;       ///< FUZZY stands somewhere (RFC 6203)
    bool charset_is_wrong = false; ///< unknown, or a string isn't valid in it: NO [BADCHARSET], and `key` means nothing
};

struct SearchRequest : SearchProgram {
    std::optional<SearchReturn> returns; ///< absent: the old SEARCH reply
};
std::optional<SearchRequest> read_search_request(Arguments& arguments);

/// RFC 5256 section 3, RFC 5957, RFC 6203 section 6.
struct SortCriterion {
    enum class By { arrival, cc, date, display_from, display_to, from, relevancy, size, subject, to };
    By by = By::arrival;
    bool reverse = false;
    bool operator==(const SortCriterion&) const = default;
};
/// More make no sense: there are 10 different ones.
constexpr std::size_t sort_criteria_max = 20;

struct SortRequest : SearchProgram {
    std::optional<SearchReturn> returns; ///< absent: the old SORT reply
    std::vector<SortCriterion> criteria; ///< at least one

    [[nodiscard]] bool sorts_by(SortCriterion::By by) const {
        return std::any_of(
            criteria.begin(), criteria.end(), [by](const auto& criterion) { return criterion.by == by; });
    }
};
std::optional<SortRequest> read_sort_request(Arguments& arguments);

enum class ThreadAlgorithm { ordered_subject, references, refs };

struct ThreadRequest : SearchProgram {
    ThreadAlgorithm algorithm = ThreadAlgorithm::references;
};
std::optional<ThreadRequest> read_thread_request(Arguments& arguments);

} // namespace hearth::imap
