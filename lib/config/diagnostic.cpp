// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::config {
namespace {

constexpr std::size_t line_bytes_shown_max = 200;
constexpr std::size_t bytes_before_caret_max = 120; ///< of a longer line

// Where a password may begin: behind the first `pass=`, or `password` that ends a word and is followed by `=`.
std::size_t end_of_public_part(std::string_view line) {
    constexpr std::string_view word = "password";
    const auto lower = to_lower(line);
    constexpr std::string_view short_form = "pass=";
    const auto short_at = lower.find(short_form);
    const auto limit = short_at == std::string::npos ? line.size() : short_at + short_form.size();
    for (auto at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
        const auto equals = lower.find_first_not_of(" \t", at + word.size());
        if (equals != std::string::npos && lower[equals] == '=') return std::min(equals + 1, limit);
    }
    return limit;
}

struct Shown {
    std::string text;
    std::size_t caret = 0; ///< how many bytes of `text` stand before the caret
};

// The part of the line that is shown, with everything a terminal might obey replaced.
Shown shown(std::string_view line, std::size_t column) {
    const auto visible = end_of_public_part(line);
    const bool hides = visible < line.size();
    line = line.substr(0, visible);
    std::size_t caret = std::min(column > 0 ? column - 1 : 0, line.size());
    Shown result;
    if (line.size() > line_bytes_shown_max && caret > bytes_before_caret_max) {
        line.remove_prefix(caret - bytes_before_caret_max);
        caret = bytes_before_caret_max;
        result.text = "...";
    }
    const auto clean = [](std::string_view part) {
        std::string text;
        for (const auto piece : split(part, '\t')) { // tabs stay, so that the caret fits
            for (const auto words : split(piece, '\\'))
                text += printable(words, words.size() * 4 + 1) + '\\';
            text.back() = '\t';
        }
        text.pop_back();
        return text;
    };
    result.text += clean(line.substr(0, caret));
    result.caret = result.text.size();
    result.text += clean(line.substr(caret, line_bytes_shown_max - std::min(caret, line_bytes_shown_max)));
    if (hides || line.size() > line_bytes_shown_max) result.text += "...";
    return result;
}

} // namespace

std::string Diagnostic::text() const {
    auto text = origin.is_default() ? std::string("built-in defaults") : printable(origin.file, 4096);
    if (origin.line > 0) text += fmt::format(":{}:{}", origin.line, origin.column); // else the file as a whole
    text += fmt::format(": {}: {}\n", severity == Severity::error ? "error" : "note", message);
    if (!line.empty()) {
        const auto [shown_line, caret] = shown(line, origin.column);
        text += "    " + shown_line + "\n    ";
        for (const char byte : std::string_view(shown_line).substr(0, caret)) {
            if (byte == '\t')
                text += '\t';
            else if ((static_cast<unsigned char>(byte) & 0xc0) != 0x80)
                text += ' '; // one per character of UTF-8
        }
        text += "^\n";
    }
    if (!hint.empty()) text += "    hint: " + hint + "\n";
    return text;
}

} // namespace hearth::config
