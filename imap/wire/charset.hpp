// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hearth::imap {

/// Whether to_utf8() knows this charset: UTF-8, US-ASCII, and those of the system's iconv.
bool is_known_charset(std::string_view charset);

/// `text` in UTF-8; nothing when it is not valid in `charset`.
std::optional<std::string> to_utf8(std::string_view text, std::string_view charset);

} // namespace hearth::imap
