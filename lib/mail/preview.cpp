// SPDX-License-Identifier: Apache-2.0
#include "mail/preview.hpp"

#include "base/text.hpp"
#include "mail/html_text.hpp"
#include "mail/searchable_text.hpp"

#include <algorithm>
#include <glib.h>
#include <utility>

namespace hearth::mail {
namespace {

bool is_text(const Part& part, std::string_view subtype) {
    return equal_ignoring_case(part.type, "text") && equal_ignoring_case(part.subtype, subtype);
}

bool is_attachment(const Part& part) {
    return part.disposition && equal_ignoring_case(part.disposition->first, "attachment");
}

// The part to preview: the first that is text, of alternatives the plain one. Messages in the message are
// attachments. Recursion is bounded by Limits::depth_max.
const Part* find_text(const Part& part) {
    if (is_attachment(part)) return nullptr;
    if (!part.is_multipart()) return is_text(part, "plain") || is_text(part, "html") ? &part : nullptr;
    const Part* found = nullptr;
    for (const auto& child : part.children) {
        const auto* text = find_text(child);
        if (text == nullptr) continue;
        if (is_text(*text, "plain") || !equal_ignoring_case(part.subtype, "alternative")) return text;
        if (found == nullptr) found = text;
    }
    return found;
}

std::string without_quotes(std::string_view text) {
    std::string kept;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        if (!line.starts_with('>')) kept.append(line).append("\n");
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return kept;
}

// What takes no room on a screen; newsletters fill their beginning with it.
bool is_invisible(gunichar c) {
    return c == 0xad || c == 0x34f || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

bool is_blank(gunichar c) {
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || g_unichar_isspace(c) != FALSE;
}

// At most preview_characters_max characters of valid UTF-8, one blank for each run of them.
std::string collapse(std::string_view text) {
    std::string result;
    std::size_t count = 0;
    bool blank = false;
    for (const char* at = text.data(); at < text.data() + text.size(); at = g_utf8_next_char(at)) {
        const auto c = g_utf8_get_char(at);
        if (is_invisible(c)) continue;
        if (is_blank(c)) {
            blank = count > 0;
            continue;
        }
        if (count + (blank ? 2 : 1) > preview_characters_max) break;
        count += blank ? 2 : 1;
        if (std::exchange(blank, false)) result += ' ';
        result.append(at, static_cast<std::size_t>(g_utf8_next_char(at) - at));
    }
    return result;
}

} // namespace

std::string preview(const Message& message) {
    const auto* part = find_text(message.structure());
    if (part == nullptr) return {};
    auto text = part_text(message.bytes(), *part, preview_source_bytes_max);
    // A character that the limit cut through.
    if (part->end - part->body_begin > preview_source_bytes_max)
        while (text.ends_with("\xef\xbf\xbd"))
            text.resize(text.size() - 3);
    if (is_text(*part, "html")) return collapse(html_text(text));
    auto own = collapse(without_quotes(text));
    return own.empty() ? collapse(text) : own;
}

} // namespace hearth::mail
