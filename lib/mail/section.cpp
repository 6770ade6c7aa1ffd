// SPDX-License-Identifier: Apache-2.0
#include "mail/section.hpp"

#include "base/text.hpp"
#include "mail/header_fields.hpp"

#include <algorithm>

namespace hearth::mail {
namespace {

// What part numbers lead to. The body of a message that isn't multipart is its own part 1, so that one node may stand
// for a message or, seen as a part, for its body.
struct Target {
    const Part* part;
    bool as_message; // the root of a message: HEADER and TEXT are its own
};

std::optional<Target> descend(Target from, std::uint32_t number) {
    if (!from.as_message && from.part->is_message()) from = {&from.part->children.front(), true};
    if (from.part->is_multipart()) {
        if (number == 0 || number > from.part->children.size()) return std::nullopt;
        return Target{&from.part->children[number - 1], false};
    }
    if (!from.as_message || number != 1) return std::nullopt;
    return Target{from.part, false};
}

std::string_view header_of(std::string_view bytes, const Part& part) {
    return bytes.substr(part.header_begin, part.body_begin - part.header_begin);
}

std::string_view body_of(std::string_view bytes, const Part& part) {
    return bytes.substr(part.body_begin, part.end - part.body_begin);
}

// The chosen fields and the empty line (RFC 9051: "always includes the delimiting blank line").
std::string choose_fields(std::string_view header, const std::vector<std::string>& names, bool wanted) {
    std::string result;
    HeaderFields fields(header);
    while (const auto field = fields.next()) {
        const bool named = std::any_of(names.begin(), names.end(),
            [&](const std::string& name) { return equal_ignoring_case(name, field->name); });
        if (named == wanted) result.append(field->raw);
    }
    if (!result.empty() && !result.ends_with('\n')) result += "\r\n";
    return result += "\r\n";
}

std::optional<std::string> message_section(std::string_view bytes, const Part& root, const Section& section) {
    switch (section.text) {
    case SectionText::header: return std::string(header_of(bytes, root));
    case SectionText::header_fields: return choose_fields(header_of(bytes, root), section.fields, true);
    case SectionText::header_fields_not: return choose_fields(header_of(bytes, root), section.fields, false);
    case SectionText::text: return std::string(body_of(bytes, root));
    case SectionText::whole: return std::string(bytes.substr(root.header_begin, root.end - root.header_begin));
    case SectionText::mime: return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> section_bytes(std::string_view bytes, const Part& root, const Section& section) {
    std::optional<Target> target = Target{&root, true};
    for (const auto number : section.part) {
        target = descend(*target, number);
        if (!target) return std::nullopt;
    }
    if (target->as_message) return message_section(bytes, *target->part, section);
    if (section.text == SectionText::whole) return std::string(body_of(bytes, *target->part));
    if (section.text == SectionText::mime) return std::string(header_of(bytes, *target->part));
    if (!target->part->is_message()) return std::nullopt;
    return message_section(bytes, target->part->children.front(), section);
}

} // namespace hearth::mail
