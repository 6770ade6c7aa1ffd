// SPDX-License-Identifier: Apache-2.0
// What a full-text index is given of a message, and of what somebody looks for: plain words in UTF-8.
#pragma once

#include "mail/message.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::mail {

/// A message's text by where it stands. `header`: all other fields with their names, and those of the levels below.
enum class TextColumn { subject, from, to, cc, bcc, header, body };
constexpr std::size_t text_columns = 7;

/// Indexed by TextColumn. In none of them is a control character.
using FullText = std::array<std::string, text_columns>;

/// Bytes that are kept of each of a message's header columns and of its body.
constexpr std::size_t full_text_header_bytes_max = 16 * 1024;
constexpr std::size_t full_text_body_bytes_max = 128 * 1024;

/// The decoded text of the message `bytes` with the tree `root`, as SEARCH TEXT sees it, but: HTML without its tags,
/// no signatures of mail servers, and no more than the bounds above. See append_words.
FullText full_text(std::string_view bytes, const Part& root);

/// Appends `text` so that what is a word to the index is one: control characters become blanks, and characters of
/// scripts that have no blanks between words (Chinese, Japanese, Thai, ...) stand alone.
void append_words(std::string& out, std::string_view text);

/// What stands between blanks in a client's string, each with a letter or digit in it, in the form of append_words; at
/// most `count_max`.
std::vector<std::string> wanted_words(std::string_view text, std::size_t count_max);

} // namespace hearth::mail
