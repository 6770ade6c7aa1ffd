// SPDX-License-Identifier: Apache-2.0
// How values look in responses (RFC 9051 section 9). All append to a buffer: a reply is built in one piece of memory
// and leaves in one write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::imap {

/// Strings up to this size may be quoted; longer ones are literals, as lines should stay short.
constexpr std::size_t quoted_max = 1000;

void append_number(std::string& out, std::uint64_t number);
/// Quoted where possible, otherwise (CR, LF, NUL, bytes from 0x80, long) a literal. `utf8`: UTF-8 may be quoted as well
/// (RFC 6855 section 3, RFC 9051 section 4.3), as the client has said.
void append_string(std::string& out, std::string_view text, bool utf8 = false);
/// NIL when absent.
void append_nstring(std::string& out, const std::optional<std::string>& text);
/// An atom where possible, otherwise as append_string.
void append_astring(std::string& out, std::string_view text, bool utf8 = false);
/// "{n}" CRLF: the announcement of a literal of `size` bytes, which the caller appends.
void append_literal_size(std::string& out, std::uint64_t size);
/// A mailbox name (UTF-8) as an astring: in modified UTF-7, or as it is with `utf8` (Enabled::utf8_names()).
void append_mailbox(std::string& out, std::string_view name, bool utf8 = false);

/// Text of a response line: a response code in brackets, if it begins with one, whole (COPYUID and CAPABILITY may be long),
/// and words for a person, cut at 300 bytes. Controls become blanks, so that nothing a client sent can end the line.
void append_text(std::string& out, std::string_view text);

} // namespace hearth::imap
