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
/// Quoted where possible, otherwise (CR, LF, NUL, bytes from 0x80, long) a literal.
void append_string(std::string& out, std::string_view text);
/// NIL when absent.
void append_nstring(std::string& out, const std::optional<std::string>& text);
/// An atom where possible, otherwise as append_string.
void append_astring(std::string& out, std::string_view text);
/// "{n}" CRLF: the announcement of a literal of `size` bytes, which the caller appends.
void append_literal_size(std::string& out, std::uint64_t size);
/// A mailbox name (UTF-8) as an astring in modified UTF-7.
void append_mailbox(std::string& out, std::string_view name);

/// Human-readable text of a response line: controls become blanks and it is cut at 300 bytes, so that nothing a
/// client sent can end the line.
void append_text(std::string& out, std::string_view text);

} // namespace hearth::imap
