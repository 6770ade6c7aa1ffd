// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <string>

namespace hearth::mail {

/// How many characters a preview has at most (RFC 8970 section 3.1), and how much of a part is looked at for it.
constexpr std::size_t preview_characters_max = 200;
constexpr std::size_t preview_source_bytes_max = 32 * 1024;

/// RFC 8970: the beginning of the first text part that isn't an attachment, plain or HTML without its tags, in valid
/// UTF-8 without control characters, blanks collapsed. Empty when there is none. Quoted lines ("> ") are left out
/// unless there is nothing else.
std::string preview(const Message& message);

} // namespace hearth::mail
