// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hearth::mail {

/// Modified UTF-7 of RFC 3501 section 5.1.3. Decoding refuses what encoding would not have produced.
std::string to_mutf7(std::string_view utf8);
std::optional<std::string> from_mutf7(std::string_view text);

/// LIST pattern matching (RFC 9051 section 6.3.9): '*' matches anything, '%' anything but `separator`. Linear in
/// name × pattern at worst, no backtracking explosion. INBOX is matched in any case by the caller.
bool matches_pattern(std::string_view name, std::string_view pattern, char separator);

} // namespace hearth::mail
