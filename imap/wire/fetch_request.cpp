// SPDX-License-Identifier: Apache-2.0
#include "wire/fetch_request.hpp"
#include "wire/response_writer.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

using Kind = FetchItem::Kind;

struct PlainItem {
    std::string_view name;
    Kind kind;
};

constexpr PlainItem plain_items[] = {
    {"FLAGS", Kind::flags},
    {"UID", Kind::uid},
    {"INTERNALDATE", Kind::internal_date},
    {"RFC822.SIZE", Kind::size},
    {"BODY", Kind::body},
    {"ENVELOPE", Kind::envelope},
    {"BODYSTRUCTURE", Kind::body_structure},
};

/// The items of RFC 822 days are sections under another name (RFC 3501 section 6.4.5).
struct OldItem {
    std::string_view name;
    mail::SectionText text;
    bool marks_seen;
};

constexpr OldItem old_items[] = {
    {"RFC822", mail::SectionText::whole, true},
    {"RFC822.HEADER", mail::SectionText::header, false},
    {"RFC822.TEXT", mail::SectionText::text, true},
};

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

FetchItem plain(Kind kind) {
    const auto* found =
        std::find_if(std::begin(plain_items), std::end(plain_items), [&](const auto& p) { return p.kind == kind; });
    FetchItem item;
    item.kind = kind;
    item.label = found->name;
    return item;
}

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

// After "[": "1.2.HEADER]", "TEXT]", "]".
bool read_section(Arguments& arguments, mail::Section& section, std::string& label) {
    bool separated = true;
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
    const bool text_follows = arguments.peek() != ']';
    if (text_follows != separated && !section.part.empty()) return arguments.fail("Invalid section in BODY[...]");
    if (text_follows && !read_section_text(arguments, section, label)) return false;
    label += ']';
    return arguments.expect(']');
}

bool read_partial(Arguments& arguments, FetchItem& item) {
    if (!arguments.take('<')) return true;
    const auto offset = arguments.number64();
    arguments.expect('.');
    const auto length = arguments.number64();
    if (!offset || !length || !arguments.expect('>')) return arguments.fail("Invalid <offset.length>");
    if (*length == 0) return arguments.fail("A partial of 0 bytes");
    item.partial = Partial{*offset, *length};
    item.label += '<';
    append_number(item.label, *offset);
    item.label += '>';
    return true;
}

bool read_body_section(Arguments& arguments, bool peek, std::vector<FetchItem>& items) {
    FetchItem item;
    item.kind = Kind::section;
    item.label = "BODY[";
    item.marks_seen = !peek;
    if (!arguments.expect('[') || !read_section(arguments, item.section, item.label) || !read_partial(arguments, item))
        return false;
    items.push_back(std::move(item));
    return true;
}

bool read_item(Arguments& arguments, std::vector<FetchItem>& items) {
    if (items.size() >= fetch_items_max) return arguments.fail("Too many items in FETCH");
    std::string name;
    for (char c = arguments.peek();
         c == '.' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); c = arguments.peek()) {
        name += c;
        arguments.take(c);
    }
    if (arguments.peek() == '[') {
        const bool peek = equal_ignoring_case(name, "BODY.PEEK");
        if (peek || equal_ignoring_case(name, "BODY")) return read_body_section(arguments, peek, items);
    }
    for (const auto& candidate : plain_items)
        if (equal_ignoring_case(candidate.name, name)) return items.push_back(plain(candidate.kind)), true;
    for (const auto& candidate : old_items) {
        if (!equal_ignoring_case(candidate.name, name)) continue;
        FetchItem item;
        item.kind = Kind::section;
        item.label = candidate.name;
        item.section.text = candidate.text;
        item.marks_seen = candidate.marks_seen;
        return items.push_back(std::move(item)), true;
    }
    return arguments.fail(name.empty() ? "A FETCH item is missing" : "Unknown FETCH item: " + name);
}

bool read_macro(Arguments& arguments, std::vector<FetchItem>& items) {
    const bool all = arguments.take_word("ALL");
    const bool full = !all && arguments.take_word("FULL");
    if (!all && !full && !arguments.take_word("FAST")) return false;
    for (const auto kind : {Kind::flags, Kind::internal_date, Kind::size})
        items.push_back(plain(kind));
    if (all || full) items.push_back(plain(Kind::envelope));
    if (full) items.push_back(plain(Kind::body));
    return true;
}

} // namespace

bool FetchRequest::has(FetchItem::Kind kind) const {
    return std::any_of(items.begin(), items.end(), [&](const auto& item) { return item.kind == kind; });
}

bool FetchRequest::marks_seen() const {
    return std::any_of(items.begin(), items.end(), [](const auto& item) { return item.marks_seen; });
}

std::optional<FetchRequest> read_fetch_request(Arguments& arguments) {
    FetchRequest request;
    if (arguments.take('(')) {
        do {
            if (!read_item(arguments, request.items)) return std::nullopt;
        } while (arguments.take(' '));
        if (!arguments.expect(')')) return std::nullopt;
    } else if (!read_macro(arguments, request.items) && !read_item(arguments, request.items)) {
        return std::nullopt;
    }
    return request;
}

} // namespace hearth::imap
