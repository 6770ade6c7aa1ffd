// SPDX-License-Identifier: Apache-2.0
#include "case_folding.hpp"

#include <cstring>
#include <glib.h>

namespace hearth::imap {
namespace {

void append_folded(std::string& out, std::string_view& text) {
    const auto point = g_utf8_get_char_validated(text.data(), static_cast<gssize>(text.size()));
    const bool valid = point != static_cast<gunichar>(-1) && point != static_cast<gunichar>(-2);
    if (!valid) {
        out += text.front();
        text.remove_prefix(1);
        return;
    }
    char encoded[6];
    out.append(encoded, static_cast<std::size_t>(g_unichar_to_utf8(g_unichar_tolower(point), encoded)));
    text.remove_prefix(static_cast<std::size_t>(g_utf8_skip[static_cast<unsigned char>(text.front())]));
}

} // namespace

std::string fold_case(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const char c = text.front();
        if ((static_cast<unsigned char>(c) & 0x80) != 0) {
            append_folded(out, text);
            continue;
        }
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        text.remove_prefix(1);
    }
    return out;
}

bool contains(std::string_view haystack, std::string_view needle) {
    return needle.empty() || memmem(haystack.data(), haystack.size(), needle.data(), needle.size()) != nullptr;
}

} // namespace hearth::imap
