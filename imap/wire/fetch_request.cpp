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
    {"MODSEQ", Kind::modseq},
    {"EMAILID", Kind::email_id},
    {"THREADID", Kind::thread_id},
    {"SAVEDATE", Kind::save_date},
    {"PREVIEW", Kind::preview},
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

/// What is followed by "[...]".
struct SectionItem {
    std::string_view name, label;
    Kind kind;
    bool marks_seen;
};

constexpr SectionItem section_items[] = {
    {"BODY", "BODY", Kind::section, true},
    {"BODY.PEEK", "BODY", Kind::section, false},
    {"BINARY", "BINARY", Kind::binary, true},
    {"BINARY.PEEK", "BINARY", Kind::binary, false},
    {"BINARY.SIZE", "BINARY.SIZE", Kind::binary_size, false},
};

template <class Entry, std::size_t size> const Entry* named(const Entry (&entries)[size], std::string_view name) {
    const auto* found = std::find_if(
        std::begin(entries), std::end(entries), [&](const auto& e) { return equal_ignoring_case(e.name, name); });
    return found == std::end(entries) ? nullptr : found;
}

FetchItem plain(Kind kind) {
    const auto* found =
        std::find_if(std::begin(plain_items), std::end(plain_items), [&](const auto& p) { return p.kind == kind; });
    FetchItem item;
    item.kind = kind;
    item.label = found->name;
    return item;
}

FetchItem old(const OldItem& entry) {
    FetchItem item;
    item.kind = Kind::section;
    item.label = entry.name;
    item.section.text = entry.text;
    item.marks_seen = entry.marks_seen;
    return item;
}

bool read_section_item(Arguments& arguments, const SectionItem& entry, std::vector<FetchItem>& items) {
    FetchItem item;
    item.kind = entry.kind;
    item.label = entry.label;
    item.marks_seen = entry.marks_seen;
    const bool read = item.kind == Kind::section ? read_section(arguments, item.section, item.label)
                                                 : read_binary_section(arguments, item.section, item.label);
    if (!read || (item.kind != Kind::binary_size && !read_partial(arguments, item.partial, item.label))) return false;
    items.push_back(std::move(item));
    return true;
}

std::string read_item_name(Arguments& arguments) {
    std::string name;
    for (char c = arguments.peek();
         c == '.' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); c = arguments.peek()) {
        name += c;
        arguments.take(c);
    }
    return name;
}

// RFC 8970 section 3.1: "PREVIEW (LAZY)". A preview comes from the index or is made there and then, which costs the
// same; so being lazy changes nothing.
bool read_preview_modifiers(Arguments& arguments) {
    const auto rest = arguments.rest();
    if (!rest.starts_with(" (")) return true;
    arguments.take(' ');
    arguments.take('(');
    return arguments.take_word("LAZY") ? arguments.expect(')') : arguments.fail("Unknown PREVIEW modifier");
}

bool read_item(Arguments& arguments, std::vector<FetchItem>& items) {
    if (items.size() >= fetch_items_max) return arguments.fail("Too many items in FETCH");
    const auto name = read_item_name(arguments);
    if (arguments.peek() == '[')
        if (const auto* entry = named(section_items, name)) return read_section_item(arguments, *entry, items);
    if (const auto* entry = named(plain_items, name)) {
        items.push_back(plain(entry->kind));
        return entry->kind != Kind::preview || read_preview_modifiers(arguments);
    }
    if (const auto* entry = named(old_items, name)) return items.push_back(old(*entry)), true;
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

bool read_items(Arguments& arguments, std::vector<FetchItem>& items) {
    if (!arguments.take('(')) return read_macro(arguments, items) || read_item(arguments, items);
    do {
        if (!read_item(arguments, items)) return false;
    } while (arguments.take(' '));
    return arguments.expect(')');
}

// "-1:-100" or "1:100" (RFC 9394 section 3.1).
bool read_page(Arguments& arguments, Page& page) {
    page.from_end = arguments.take('-');
    const auto first = arguments.number();
    arguments.expect(':');
    const bool last_from_end = arguments.take('-');
    const auto last = arguments.number();
    if (!first || !last || *first == 0 || *last == 0 || last_from_end != page.from_end)
        return arguments.fail("Invalid PARTIAL range");
    page.first = std::min(*first, *last);
    page.last = std::max(*first, *last);
    return true;
}

bool read_modifier(Arguments& arguments, FetchRequest& request) {
    if (arguments.take_word("CHANGEDSINCE")) {
        arguments.space();
        return (request.changed_since = arguments.number64()).has_value();
    }
    if (arguments.take_word("VANISHED")) return request.vanished = true;
    if (arguments.take_word("PARTIAL")) return arguments.space() && read_page(arguments, request.page.emplace());
    return arguments.fail("Unknown FETCH modifier");
}

// RFC 4466 section 2.4.
bool read_modifiers(Arguments& arguments, FetchRequest& request) {
    if (!arguments.rest().starts_with(" (")) return true;
    arguments.take(' ');
    arguments.take('(');
    do {
        if (!read_modifier(arguments, request)) return false;
    } while (arguments.take(' '));
    if (request.vanished && !request.changed_since)
        return arguments.fail("VANISHED goes with CHANGEDSINCE only");
    return arguments.expect(')');
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
    if (!read_items(arguments, request.items) || !read_modifiers(arguments, request)) return std::nullopt;
    // RFC 7162 section 3.1.4.1: CHANGEDSINCE asks for MODSEQ as well.
    if (request.changed_since && !request.has(Kind::modseq)) request.items.push_back(plain(Kind::modseq));
    return request;
}

} // namespace hearth::imap
