// SPDX-License-Identifier: Apache-2.0
#include "wire/response_writer.hpp"
#include "wire/characters.hpp"

#include "base/text.hpp"
#include "mail/header_fields.hpp"
#include "mail/mailbox_name.hpp"

#include <algorithm>
#include <charconv>

namespace hearth::imap {
namespace {

bool can_be_quoted(std::string_view text, bool utf8) {
    if (text.size() > quoted_max) return false;
    bool ascii = true;
    for (const char c : text) {
        if (c == '\0' || c == '\r' || c == '\n' || c == 0x7f) return false;
        ascii = ascii && (static_cast<unsigned char>(c) & 0x80) == 0;
    }
    return ascii || (utf8 && mail::valid_utf8(text) == text);
}

} // namespace

void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_literal_size(std::string& out, std::uint64_t size) {
    out += '{';
    append_number(out, size);
    out += "}\r\n";
}

void append_string(std::string& out, std::string_view text, bool utf8) {
    if (!can_be_quoted(text, utf8)) {
        append_literal_size(out, text.size());
        const auto start = out.size();
        out += text;
        // NUL may stand in no literal (RFC 9051 section 4.3); 0x80 is what Dovecot puts in its place.
        std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\0', static_cast<char>(0x80));
        return;
    }
    out += '"';
    if (text.find_first_of("\"\\") == std::string_view::npos) {
        out += text;
    } else {
        for (const char c : text) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
    }
    out += '"';
}

void append_nstring(std::string& out, const std::optional<std::string>& text) {
    if (text)
        append_string(out, *text);
    else
        out += "NIL";
}

void append_astring(std::string& out, std::string_view text, bool utf8) {
    const bool is_atom = !text.empty() && std::all_of(text.begin(), text.end(), is_astring_char);
    if (is_atom && !equal_ignoring_case(text, "NIL"))
        out += text;
    else
        append_string(out, text, utf8);
}

void append_mailbox(std::string& out, std::string_view name, bool utf8) {
    if (utf8) return append_astring(out, name, true);
    const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '&'; });
    if (ascii)
        append_astring(out, name);
    else
        append_astring(out, mail::to_mutf7(name));
}

void append_text(std::string& out, std::string_view text) {
    constexpr std::size_t words_max = 300;
    const auto code_end = text.starts_with('[') ? std::min(text.find(']'), text.size()) : 0;
    for (const char c : text.substr(0, code_end + words_max)) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 || byte >= 0x7f ? ' ' : c;
    }
}

} // namespace hearth::imap
