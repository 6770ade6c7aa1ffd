// SPDX-License-Identifier: Apache-2.0
#include "wire/list_request.hpp"

#include "mail/mailbox_name.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

// "(a b c)" where `option` reads one; an empty list is fine.
template <class Option> bool read_options(Arguments& arguments, Option option) {
    if (!arguments.expect('(')) return false;
    while (!arguments.take(')')) {
        if (!option()) return false;
        if (arguments.peek() != ')' && !arguments.space()) return false;
    }
    return !arguments.failed();
}

bool read_selection(Arguments& arguments, ListRequest& request) {
    bool remote = false;
    const bool read = read_options(arguments, [&] {
        if (arguments.take_word("SUBSCRIBED"))
            request.select_subscribed = true;
        else if (arguments.take_word("SPECIAL-USE"))
            request.select_special_use = true;
        else if (arguments.take_word("RECURSIVEMATCH"))
            request.recursive_match = true;
        else if (arguments.take_word("REMOTE"))
            remote = true; // there are no remote mailboxes: nothing to add
        else
            return arguments.fail("Unknown LIST selection option");
        return true;
    });
    if (!read) return false;
    // RFC 5258 section 3.1: it modifies another option.
    if (request.recursive_match && !request.select_subscribed && !request.select_special_use)
        return arguments.fail("RECURSIVEMATCH needs SUBSCRIBED or SPECIAL-USE beside it");
    return true;
}

bool read_return(Arguments& arguments, ListRequest& request) {
    return read_options(arguments, [&] {
        if (arguments.take_word("SUBSCRIBED"))
            request.return_subscribed = true;
        else if (arguments.take_word("CHILDREN"))
            request.return_children = true;
        else if (arguments.take_word("SPECIAL-USE"))
            request.return_special_use = true;
        else if (arguments.take_word("STATUS"))
            return arguments.space() && (request.return_status = read_status_items(arguments)).has_value();
        else
            return arguments.fail("Unknown LIST return option");
        return true;
    });
}

// Wildcards are plain ASCII to modified UTF-7. A name that is not valid matches what is spelt the same.
std::string decoded_name(const Arguments& arguments, std::string encoded) {
    if (arguments.utf8_names()) return encoded;
    auto decoded = mail::from_mutf7(encoded);
    return decoded ? std::move(*decoded) : std::move(encoded);
}

bool read_pattern(Arguments& arguments, ListRequest& request) {
    auto encoded = arguments.list_mailbox();
    if (!encoded) return false;
    if (request.patterns.size() >= list_patterns_max) return arguments.fail("Too many mailbox patterns");
    if (encoded->size() > list_pattern_bytes_max) return arguments.fail("Mailbox pattern is too long");
    request.patterns.push_back(decoded_name(arguments, std::move(*encoded)));
    std::size_t bytes = 0;
    for (const auto& pattern : request.patterns)
        bytes += request.reference.size() + pattern.size();
    return bytes <= list_patterns_bytes_max || arguments.fail("Mailbox patterns are too long");
}

bool read_patterns(Arguments& arguments, ListRequest& request, bool basic) {
    if (basic || !arguments.take('(')) return read_pattern(arguments, request);
    request.extended = true;
    do {
        if (!read_pattern(arguments, request)) return false;
    } while (arguments.take(' '));
    return arguments.expect(')');
}

struct ItemName {
    StatusItem item;
    std::string_view name;
};

constexpr ItemName item_names[] = {
    {StatusItem::messages, "MESSAGES"},
    {StatusItem::recent, "RECENT"},
    {StatusItem::uidnext, "UIDNEXT"},
    {StatusItem::uidvalidity, "UIDVALIDITY"},
    {StatusItem::unseen, "UNSEEN"},
    {StatusItem::deleted, "DELETED"},
    {StatusItem::size, "SIZE"},
    {StatusItem::deleted_storage, "DELETED-STORAGE"},
    {StatusItem::highest_modseq, "HIGHESTMODSEQ"},
    {StatusItem::mailbox_id, "MAILBOXID"},
    {StatusItem::append_limit, "APPENDLIMIT"},
};

bool read_item(Arguments& arguments, StatusItems& items) {
    for (const auto& [item, name] : item_names) {
        if (!arguments.take_word(name)) continue;
        if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
        return true;
    }
    return arguments.fail("Unknown STATUS item");
}

} // namespace

std::string_view name_of(StatusItem item) {
    for (const auto& known : item_names)
        if (known.item == item) return known.name;
    return {};
}

std::optional<StatusItems> read_status_items(Arguments& arguments) {
    StatusItems items;
    if (!read_options(arguments, [&] { return read_item(arguments, items); })) return std::nullopt;
    if (!items.empty()) return items;
    arguments.fail("STATUS needs an item");
    return std::nullopt;
}

std::optional<ListRequest> read_list_request(Arguments& arguments, bool basic) {
    ListRequest request;
    if (!basic && arguments.peek() == '(') {
        request.extended = true;
        if (!read_selection(arguments, request) || !arguments.space()) return std::nullopt;
    }
    auto reference = arguments.astring();
    if (!reference || !arguments.space()) return std::nullopt;
    if (reference->size() > list_pattern_bytes_max) return arguments.fail("Reference name is too long"), std::nullopt;
    request.reference = decoded_name(arguments, std::move(*reference));
    if (!read_patterns(arguments, request, basic)) return std::nullopt;
    if (!basic && !arguments.at_end()) {
        arguments.space();
        if (!arguments.take_word("RETURN") || !arguments.space()) {
            arguments.fail("RETURN is all that may follow the pattern");
            return std::nullopt;
        }
        request.extended = true;
        if (!read_return(arguments, request)) return std::nullopt;
    }
    if (!arguments.end()) return std::nullopt;
    return request;
}

} // namespace hearth::imap
