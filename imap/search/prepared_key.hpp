// SPDX-License-Identifier: Apache-2.0
// A SEARCH key with what it needs at each message worked out once: resolved sets, keyword bits, folded strings.
#pragma once

#include "search/text_scan.hpp"
#include "view.hpp"
#include "wire/search_key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hearth::imap {

struct PreparedKey {
    const SearchKey* key = nullptr;
    std::vector<mail::NumberSet::Range> ranges; ///< of a set: sorted, disjoint
    std::uint64_t keyword_bit = 0;              ///< 0: no message has it
    std::string folded;                         ///< of a header key
    std::size_t number = 0;                     ///< header: which of PreparedSearch::fields; body, text: of ::needles
    std::optional<std::size_t> digest_field;    ///< of a header key that a digest answers: which of its values
    std::vector<PreparedKey> children;
};

struct PreparedSearch {
    PreparedKey root;
    std::vector<std::string> fields; ///< that header keys name, each once
    std::vector<Needle> needles;
    /// Of fuzzy needles: the UIDs that the full-text index gave; nothing when it has none, or hasn't been asked yet.
    std::vector<std::optional<std::vector<std::uint32_t>>> fuzzy_uids;
    std::vector<std::uint32_t> saved; ///< UIDs, ascending: "$"
};

/// `key` outlives the result.
PreparedSearch prepare_search(const SearchKey& key, const View& view, const std::vector<std::uint32_t>& saved);

/// Whether a key that costs no more than the row holds, with all that is below it.
bool test_row(const PreparedKey& prepared, const PreparedSearch& search, const store::MessageRow& row,
    std::size_t index, std::int64_t now);

} // namespace hearth::imap
