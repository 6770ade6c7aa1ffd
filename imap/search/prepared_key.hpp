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
    std::optional<std::size_t> fuzzy;           ///< if the full-text index may answer it: of PreparedSearch::fuzzy
    std::vector<PreparedKey> children;
};

/// What the full-text index says of a FUZZY key.
struct FuzzyLookup {
    store::FuzzyField field = store::FuzzyField::text;
    const std::string* words = nullptr; ///< the key's
    bool asked = false;
    std::optional<std::vector<store::FuzzyMatch>> matches; ///< nothing: it can't tell, the key is an exact one

    /// 1 to 100, 0: it isn't found.
    [[nodiscard]] int score(std::uint32_t uid) const;
};

struct PreparedSearch {
    PreparedKey root;
    std::vector<std::string> fields; ///< that header keys name, each once
    std::vector<Needle> needles;
    std::vector<FuzzyLookup> fuzzy;
    std::vector<std::uint32_t> saved; ///< UIDs, ascending: "$"
};

/// `key` outlives the result.
PreparedSearch prepare_search(const SearchKey& key, const View& view, const std::vector<std::uint32_t>& saved);

/// Whether a key that costs no more than the row holds, with all that is below it.
bool test_row(const PreparedKey& prepared, const PreparedSearch& search, const store::MessageRow& row,
    std::size_t index, std::int64_t now);

} // namespace hearth::imap
