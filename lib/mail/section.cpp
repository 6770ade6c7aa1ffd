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

std::optional<Target> find_target(const Part& root, const std::vector<std::uint32_t>& numbers) {
    std::optional<Target> target = Target{&root, true};
    for (const auto number : numbers) {
        target = descend(*target, number);
        if (!target) return std::nullopt;
    }
    return target;
}

Span header_of(const Part& part) {
    return {part.header_begin, part.body_begin};
}

Span body_of(const Part& part) {
    return {part.body_begin, part.end};
}

std::optional<Span> message_span(const Part& root, SectionText text) {
    switch (text) {
    case SectionText::header:
    case SectionText::header_fields:
    case SectionText::header_fields_not: return header_of(root);
    case SectionText::text: return body_of(root);
    case SectionText::whole: return Span{root.header_begin, root.end};
    case SectionText::mime: return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::optional<Span> section_span(const Part& root, const Section& section) {
    const auto target = find_target(root, section.part);
    if (!target) return std::nullopt;
    if (target->as_message) return message_span(*target->part, section.text);
    if (section.text == SectionText::whole) return body_of(*target->part);
    if (section.text == SectionText::mime) return header_of(*target->part);
    if (!target->part->is_message()) return std::nullopt;
    return message_span(target->part->children.front(), section.text);
}

bool is_choice(const Section& section) {
    return section.text == SectionText::header_fields || section.text == SectionText::header_fields_not;
}

// RFC 9051 section 6.4.5: the subset "always includes the delimiting blank line".
std::string choose_fields(std::string_view header, const Section& section) {
    std::string result;
    HeaderFields fields(header);
    while (const auto field = fields.next()) {
        const bool named = std::any_of(section.fields.begin(), section.fields.end(),
            [&](const std::string& name) { return equal_ignoring_case(name, field->name); });
        if (named == (section.text == SectionText::header_fields)) result.append(field->raw);
    }
    if (!result.empty() && !result.ends_with('\n')) result += "\r\n";
    return result += "\r\n";
}

std::optional<EncodedBody> encoded_body(const Part& root, const std::vector<std::uint32_t>& part) {
    constexpr std::string_view plain = "7BIT";
    const auto target = find_target(root, part);
    if (!target) return std::nullopt;
    if (target->as_message) return EncodedBody{{root.header_begin, root.end}, plain};
    const bool holds_parts = target->part->is_multipart() || target->part->is_message();
    return EncodedBody{body_of(*target->part), holds_parts ? plain : std::string_view(target->part->encoding)};
}

std::optional<std::string> section_bytes(std::string_view bytes, const Part& root, const Section& section) {
    const auto span = section_span(root, section);
    if (!span) return std::nullopt;
    const auto found = bytes.substr(span->begin, span->size());
    return is_choice(section) ? choose_fields(found, section) : std::string(found);
}

} // namespace hearth::mail
