// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

/// ASCII only, whatever the locale.
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

/// Without leading and trailing blanks, tabs, CR and LF.
std::string_view trim(std::string_view text);

/// The parts between separators, empty ones included; "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

/// A whole decimal number without sign or blanks; nothing on anything else, overflow included.
std::optional<std::uint64_t> parse_u64(std::string_view text);

/// `text` made safe to print on one log line: control bytes, DEL, backslash and bytes that are not valid UTF-8 become
/// \xNN; at most `limit` bytes are kept, then "..." stands for the rest.
std::string printable(std::string_view text, std::size_t limit = 512);

/// Of `candidates`, the one nearest to `word` (Damerau-Levenshtein, at most a third of the word off), for
/// "did you mean"; empty when none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// Overwrites a secret so that the compiler can't leave it out, then empties the string.
void wipe(std::string& secret);

} // namespace hearth
