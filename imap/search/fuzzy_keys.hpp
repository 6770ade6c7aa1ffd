// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/prepared_key.hpp"

#include <cstdint>
#include <optional>

namespace hearth::imap {

/// Where the full-text index looks for a FUZZY key; nothing: it doesn't know such keys, they are exact (RFC 6203
/// section 5).
std::optional<store::FuzzyField> fuzzy_field(const SearchKey& key);

/// RFC 6203 section 4: the relevancy, 1 to 100, of a message that matches. Of keys that must all hold the mean, of OR
/// the best; what is found exactly, and by keys that aren't fuzzy, counts 100 if nothing else does.
int relevancy_of(const PreparedSearch& search, std::uint32_t uid);

} // namespace hearth::imap
