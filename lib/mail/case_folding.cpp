// SPDX-License-Identifier: Apache-2.0
#include "mail/case_folding.hpp"

#include <cstdint>
#include <cstring>
#include <glib.h>

namespace hearth::mail {
namespace {

bool is_ascii(char c) {
    return (static_cast<unsigned char>(c) & 0x80) == 0;
}

// How many bytes at the begin are ASCII. Most text is nothing else: eight at a time.
std::size_t ascii_length(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    std::size_t length = 0;
    for (std::uint64_t word = 0; length + sizeof word <= text.size(); length += sizeof word) {
        std::memcpy(&word, text.data() + length, sizeof word);
        if ((word & high_bits) != 0) break;
    }
    while (length < text.size() && is_ascii(text[length]))
        ++length;
    return length;
}

// One character that is not ASCII, or one byte that begins none.
void append_folded_character(std::string& out, std::string_view& text) {
    const auto point = g_utf8_get_char_validated(text.data(), static_cast<gssize>(text.size()));
    const bool valid = point != static_cast<gunichar>(-1) && point != static_cast<gunichar>(-2);
    if (!valid) {
        out += text.front();
        text.remove_prefix(1);
        return;
    }
    gunichar decomposed[G_UNICHAR_MAX_DECOMPOSITION_LENGTH];
    const auto count =
        g_unichar_fully_decompose(g_unichar_totitle(point), TRUE, decomposed, G_UNICHAR_MAX_DECOMPOSITION_LENGTH);
    for (gsize i = 0; i < count; ++i) {
        char encoded[6];
        out.append(encoded, static_cast<std::size_t>(g_unichar_to_utf8(decomposed[i], encoded)));
    }
    text.remove_prefix(static_cast<std::size_t>(g_utf8_skip[static_cast<unsigned char>(text.front())]));
}

} // namespace

void append_folded(std::string& out, std::string_view text) {
    out.reserve(out.size() + text.size());
    while (!text.empty()) {
        const auto ascii = ascii_length(text);
        const auto start = out.size();
        out.append(text.substr(0, ascii));
        // Without a branch, so that the compiler takes many at a time.
        for (char* at = out.data() + start; at != out.data() + out.size(); ++at)
            *at = static_cast<char>(*at - ((*at >= 'a') & (*at <= 'z')) * 32);
        text.remove_prefix(ascii);
        while (!text.empty() && !is_ascii(text.front()))
            append_folded_character(out, text);
    }
}

std::string fold_case(std::string_view text) {
    std::string out;
    append_folded(out, text);
    return out;
}

bool contains(std::string_view haystack, std::string_view needle) {
    return needle.empty() || memmem(haystack.data(), haystack.size(), needle.data(), needle.size()) != nullptr;
}

} // namespace hearth::mail
