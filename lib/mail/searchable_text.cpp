// SPDX-License-Identifier: Apache-2.0
#include "mail/searchable_text.hpp"

#include "base/text.hpp"
#include "mail/header_fields.hpp"
#include "mail/transfer_decoding.hpp"

#include <algorithm>

namespace hearth::mail {
namespace {

std::string charset_of(const Part& part) {
    for (const auto& [name, value] : part.parameters)
        if (equal_ignoring_case(name, "charset")) return value;
    return {};
}

bool is_text(const Part& part) {
    return equal_ignoring_case(part.type, "text") || equal_ignoring_case(part.type, "message");
}

void append_header(std::string& text, std::string_view block) {
    HeaderFields fields(block);
    while (const auto field = fields.next()) {
        text.append(valid_utf8(field->name)).append(": ");
        text.append(decode_header_text(unfold_for_search(field->value))).append("\n");
    }
}

// Recursion is bounded by Limits::depth_max.
void append_part(std::string& text, std::string_view bytes, const Part& part, bool with_headers) {
    if (with_headers) append_header(text, bytes.substr(part.header_begin, part.body_begin - part.header_begin));
    for (const auto& child : part.children)
        append_part(text, bytes, child, with_headers);
    if (!part.children.empty() || !is_text(part)) return;
    text.append(part_text(bytes, part)).append("\n");
}

} // namespace

std::string part_text(std::string_view bytes, const Part& part, std::size_t source_bytes_max) {
    const auto size = std::min<std::uint64_t>(part.end - part.body_begin, source_bytes_max);
    return decode_charset(decode_transfer(bytes.substr(part.body_begin, size), part.encoding), charset_of(part));
}

std::string searchable_text(std::string_view bytes, const Part& root, bool with_headers) {
    std::string text;
    append_part(text, bytes, root, with_headers);
    return text;
}

} // namespace hearth::mail
