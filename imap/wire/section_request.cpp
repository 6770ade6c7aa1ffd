// SPDX-License-Identifier: Apache-2.0
#include "wire/section_request.hpp"
#include "wire/response_writer.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

struct TextName {
    std::string_view name;
    mail::SectionText text;
};

constexpr TextName text_names[] = {
    {"HEADER", mail::SectionText::header},
    {"HEADER.FIELDS", mail::SectionText::header_fields},
    {"HEADER.FIELDS.NOT", mail::SectionText::header_fields_not},
    {"TEXT", mail::SectionText::text},
    {"MIME", mail::SectionText::mime},
};

bool read_field_names(Arguments& arguments, mail::Section& section, std::string& label) {
    if (!arguments.space() || !arguments.expect('(')) return false;
    label += " (";
    do {
        auto name = arguments.astring();
        if (!name) return false;
        if (!section.fields.empty()) label += ' ';
        append_astring(label, *name);
        section.fields.push_back(std::move(*name));
    } while (arguments.take(' '));
    label += ')';
    return arguments.expect(')');
}

bool read_section_text(Arguments& arguments, mail::Section& section, std::string& label) {
    std::string name;
    for (char c = arguments.peek(); c == '.' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         c = arguments.peek()) {
        name += c;
        arguments.take(c);
    }
    const auto* found = std::find_if(
        std::begin(text_names), std::end(text_names), [&](const auto& t) { return equal_ignoring_case(t.name, name); });
    if (found == std::end(text_names)) return arguments.fail("Unknown section in BODY[...]");
    if (found->text == mail::SectionText::mime && section.part.empty())
        return arguments.fail("MIME needs a part number");
    section.text = found->text;
    label += found->name;
    const bool lists_fields =
        section.text == mail::SectionText::header_fields || section.text == mail::SectionText::header_fields_not;
    return !lists_fields || read_field_names(arguments, section, label);
}

// "1.2." or "1.2": `separated` tells whether a dot (or nothing) was last.
bool read_part(Arguments& arguments, mail::Section& section, std::string& label, bool& separated) {
    separated = true;
    while (arguments.peek() >= '0' && arguments.peek() <= '9') {
        const auto number = arguments.number();
        if (!number) return false;
        if (*number == 0) return arguments.fail("Parts are counted from 1");
        if (section.part.size() == static_cast<std::size_t>(mail::Limits::depth_max))
            return arguments.fail("Part number is too deep");
        section.part.push_back(*number);
        append_number(label, *number);
        separated = arguments.take('.');
        if (!separated) break;
        label += '.';
    }
    return true;
}

} // namespace

bool read_section(Arguments& arguments, mail::Section& section, std::string& label) {
    bool separated = true;
    label += '[';
    if (!arguments.expect('[') || !read_part(arguments, section, label, separated)) return false;
    const bool text_follows = arguments.peek() != ']';
    if (text_follows != separated && !section.part.empty()) return arguments.fail("Invalid section in BODY[...]");
    if (text_follows && !read_section_text(arguments, section, label)) return false;
    label += ']';
    return arguments.expect(']');
}

bool read_binary_section(Arguments& arguments, mail::Section& section, std::string& label) {
    bool separated = true;
    label += '[';
    if (!arguments.expect('[') || !read_part(arguments, section, label, separated)) return false;
    if (separated && !section.part.empty()) return arguments.fail("Invalid section in BINARY[...]");
    label += ']';
    return arguments.take(']') || arguments.fail("Invalid section in BINARY[...]");
}

bool read_partial(Arguments& arguments, std::optional<Partial>& partial, std::string& label) {
    if (!arguments.take('<')) return true;
    const auto offset = arguments.number64();
    arguments.expect('.');
    const auto length = arguments.number64();
    if (!offset || !length || !arguments.expect('>')) return arguments.fail("Invalid <offset.length>");
    if (*length == 0) return arguments.fail("A partial of 0 bytes");
    partial = Partial{*offset, *length};
    label += '<';
    append_number(label, *offset);
    label += '>';
    return true;
}

} // namespace hearth::imap
