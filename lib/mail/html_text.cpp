// SPDX-License-Identifier: Apache-2.0
#include "mail/html_text.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <glib.h>
#include <iterator>

namespace hearth::mail {
namespace {

constexpr std::size_t reference_length_max = 10; // between '&' and ';'

struct Reference {
    std::string_view name, text;
};
constexpr Reference references[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"},
    {"nbsp", " "}, {"ensp", " "}, {"emsp", " "}, {"thinsp", " "}, {"zwnj", ""}, {"zwj", ""}, {"shy", ""},
    {"copy", "\u00a9"}, {"reg", "\u00ae"}, {"trade", "\u2122"}, {"hellip", "\u2026"}, {"mdash", "\u2014"},
    {"ndash", "\u2013"}, {"lsquo", "\u2018"}, {"rsquo", "\u2019"}, {"ldquo", "\u201c"}, {"rdquo", "\u201d"},
    {"bdquo", "\u201e"}, {"laquo", "\u00ab"}, {"raquo", "\u00bb"}, {"bull", "\u2022"}, {"middot", "\u00b7"},
    {"euro", "\u20ac"}, {"pound", "\u00a3"}, {"auml", "\u00e4"}, {"ouml", "\u00f6"}, {"uuml", "\u00fc"},
    {"Auml", "\u00c4"}, {"Ouml", "\u00d6"}, {"Uuml", "\u00dc"}, {"szlig", "\u00df"}, {"eacute", "\u00e9"},
    {"egrave", "\u00e8"}, {"agrave", "\u00e0"}, {"ccedil", "\u00e7"}};

// Elements whose content is no text.
constexpr std::string_view silent[] = {"script", "style", "title"};

// Elements inside a line; all others end a word.
constexpr std::string_view inline_elements[] = {
    "a", "b", "i", "u", "em", "strong", "span", "font", "small", "big", "code", "sup", "sub"};

std::string_view element_name(std::string_view tag) {
    const auto end = std::find_if(tag.begin(), tag.end(), [](char c) { return !g_ascii_isalnum(c); });
    return tag.substr(0, static_cast<std::size_t>(end - tag.begin()));
}

// "#8364" or "#x20ac".
bool append_number(std::string& text, std::string_view number) {
    const bool hexadecimal = number.starts_with('x') || number.starts_with('X');
    if (hexadecimal) number.remove_prefix(1);
    std::uint32_t value = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), value, hexadecimal ? 16 : 10);
    if (error != std::errc() || end != number.data() + number.size() || value == 0 ||
        g_unichar_validate(value) == FALSE)
        return false;
    char utf8[6];
    text.append(utf8, static_cast<std::size_t>(g_unichar_to_utf8(value, utf8)));
    return true;
}

// Decodes the reference at the start of `html`, which begins with '&', and gives its length; 0: it is none.
std::size_t append_reference(std::string& text, std::string_view html) {
    const auto end = html.substr(0, reference_length_max + 2).find(';');
    if (end == std::string_view::npos) return 0;
    const auto name = html.substr(1, end - 1);
    if (name.starts_with('#')) return append_number(text, name.substr(1)) ? end + 1 : 0;
    const auto* const found = std::find_if(std::begin(references), std::end(references),
        [&](const Reference& reference) { return reference.name == name; });
    if (found == std::end(references)) return 0;
    text += found->text;
    return end + 1;
}

// Where the end tag of `element` begins, or the text ends. Each search begins where the one before ended: linear.
std::size_t end_of_element(std::string_view html, std::string_view element) {
    for (auto at = html.find("</"); at != std::string_view::npos; at = html.find("</", at + 2))
        if (equal_ignoring_case(element_name(html.substr(at + 2, element.size() + 1)), element)) return at;
    return html.size();
}

// The length of the tag, comment or declaration at the start of `html`, with the content that isn't shown; 0: a '<'
// that begins none.
std::size_t markup_length(std::string_view html) {
    if (html.starts_with("<!--")) {
        const auto end = html.find("-->", 4);
        return end == std::string_view::npos ? html.size() : end + 3;
    }
    if (html.size() < 2 || !(g_ascii_isalpha(html[1]) || html[1] == '/' || html[1] == '!' || html[1] == '?')) return 0;
    const auto end = html.find('>');
    if (end == std::string_view::npos) return html.size();
    const auto element = element_name(html.substr(1));
    const bool is_silent = std::any_of(std::begin(silent), std::end(silent),
        [&](std::string_view name) { return equal_ignoring_case(name, element); });
    if (!is_silent) return end + 1;
    return end + 1 + end_of_element(html.substr(end + 1), element);
}

bool is_inline(std::string_view tag) {
    if (tag.starts_with('/')) tag.remove_prefix(1);
    const auto name = element_name(tag);
    return std::any_of(std::begin(inline_elements), std::end(inline_elements),
        [&](std::string_view known) { return equal_ignoring_case(known, name); });
}

} // namespace

std::string html_text(std::string_view html) {
    std::string text;
    while (!html.empty()) {
        const auto plain = html.substr(0, html.find_first_of("<&"));
        text += plain;
        html.remove_prefix(plain.size());
        if (html.empty()) break;
        auto length = html[0] == '&' ? append_reference(text, html) : markup_length(html);
        if (length == 0) {
            text += html[0];
            length = 1;
        } else if (html[0] == '<' && !is_inline(html.substr(1, 16))) {
            text += '\n';
        }
        html.remove_prefix(length);
    }
    return text;
}

} // namespace hearth::mail
