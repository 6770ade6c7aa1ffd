// SPDX-License-Identifier: Apache-2.0
// The character classes of RFC 9051 section 9. Bytes from 0x80 are in none of them: they travel in quoted strings
// (which we read liberally) and literals.
#pragma once

#include <string_view>

namespace hearth::imap {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// ATOM-CHAR: no controls, no `(){ %*"\]`.
constexpr bool is_atom_char(char c) {
    return c > 0x20 && c < 0x7f && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
}

/// ASTRING-CHAR: an ATOM-CHAR or "]".
constexpr bool is_astring_char(char c) {
    return is_atom_char(c) || c == ']';
}

/// What a tag is made of: any ASTRING-CHAR but "+".
constexpr bool is_tag_char(char c) {
    return is_astring_char(c) && c != '+';
}

/// list-char: an ASTRING-CHAR or a wildcard.
constexpr bool is_list_char(char c) {
    return is_astring_char(c) || c == '%' || c == '*';
}

} // namespace hearth::imap
