// SPDX-License-Identifier: Apache-2.0
#include "mail/header_fields.hpp"

#include "base/text.hpp"
#include "mail/gobject.hpp"

#include <algorithm>

namespace hearth::mail {
namespace {

// Above this GMime's decoder isn't asked: no honest header needs it, and its cost per byte is the highest we have.
constexpr std::size_t decoded_bytes_max = 64 * 1024;

std::size_t line_length(std::string_view text) {
    const auto end = text.find('\n');
    return end == std::string_view::npos ? text.size() : end + 1;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

} // namespace

std::optional<HeaderField> HeaderFields::next() {
    if (rest_.empty() || rest_ == "\n" || rest_.starts_with("\r\n")) return std::nullopt;
    auto length = line_length(rest_);
    while (length < rest_.size() && is_blank(rest_[length]))
        length += line_length(rest_.substr(length));
    HeaderField field;
    field.raw = rest_.substr(0, length);
    rest_.remove_prefix(length);
    const auto colon = field.raw.substr(0, line_length(field.raw)).find(':');
    if (colon == std::string_view::npos || is_blank(field.raw[0])) return field;
    field.name = trim(field.raw.substr(0, colon));
    field.value = field.raw.substr(colon + 1);
    return field;
}

std::optional<HeaderField> find_field(std::string_view block, std::string_view name) {
    HeaderFields fields(block);
    while (auto field = fields.next())
        if (equal_ignoring_case(field->name, name)) return field;
    return std::nullopt;
}

namespace {

std::string one_line(std::string_view value, bool tab_of_fold_is_blank) {
    std::string line;
    line.reserve(value.size());
    bool at_fold = false;
    for (const char c : value) {
        if (c != '\r' && c != '\n' && c != '\0') line += at_fold && c == '\t' && tab_of_fold_is_blank ? ' ' : c;
        at_fold = c == '\n';
    }
    const auto trimmed = trim(line);
    return trimmed.size() == line.size() ? line : std::string(trimmed);
}

} // namespace

std::string unfold(std::string_view value) {
    return one_line(value, false);
}

std::string unfold_for_search(std::string_view value) {
    return one_line(value, true);
}

std::string decode_header_text(const std::string& unfolded) {
    // What has no encoded word and is ASCII is decoded already; most fields are.
    const auto is_ascii = [](char c) { return c != 0 && (static_cast<unsigned char>(c) & 0x80) == 0; };
    if (std::all_of(unfolded.begin(), unfolded.end(), is_ascii) && unfolded.find("=?") == std::string::npos)
        return unfolded;
    if (unfolded.size() > decoded_bytes_max) return valid_utf8(unfolded);
    ensure_gmime();
    const GCharPtr decoded(g_mime_utils_header_decode_text(nullptr, unfolded.c_str()));
    return valid_utf8(text_or_empty(decoded.get()));
}

std::string valid_utf8(std::string_view text) {
    const char* invalid = nullptr;
    std::string result;
    while (g_utf8_validate_len(text.data(), text.size(), &invalid) == FALSE) {
        result.append(text.data(), invalid);
        result += "\xef\xbf\xbd";
        text.remove_prefix(static_cast<std::size_t>(invalid - text.data()) + 1);
    }
    return result.append(text);
}

} // namespace hearth::mail
