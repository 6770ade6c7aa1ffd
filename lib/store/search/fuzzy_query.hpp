// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hearth::store {

/// Words of one string that are looked for; more make no difference.
constexpr std::size_t fuzzy_words_max = 32;
/// A last word of fewer characters is looked for whole, because too many begin with it.
constexpr std::size_t fuzzy_prefix_characters_min = 3;

/// What a client looks for, as an expression of SQLite's FTS5: all words, the last one also as the begin of a word.
/// Each stands in quotes, so nothing a client writes is syntax. Nothing when there is no word in it.
std::optional<std::string> fuzzy_query(FuzzyField field, std::string_view words);

} // namespace hearth::store
