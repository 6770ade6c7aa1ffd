// SPDX-License-Identifier: Apache-2.0
#include "wire/flag_request.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

struct SystemFlag {
    std::string_view name;
    mail::Flag flag;
};

constexpr SystemFlag system_flags[] = {
    {"Answered", mail::Flag::answered},
    {"Flagged", mail::Flag::flagged},
    {"Deleted", mail::Flag::deleted},
    {"Seen", mail::Flag::seen},
    {"Draft", mail::Flag::draft},
};

bool read_system_flag(Arguments& arguments, NamedFlags& found) {
    const auto name = arguments.atom();
    if (!name) return false;
    for (const auto& known : system_flags) {
        if (!equal_ignoring_case(known.name, *name)) continue;
        found.flags.set(known.flag);
        return true;
    }
    return arguments.fail("Invalid system flag \\" + printable(*name, 40));
}

bool read_flag(Arguments& arguments, NamedFlags& found) {
    if (arguments.take('\\')) return read_system_flag(arguments, found);
    const auto keyword = arguments.atom();
    if (!keyword) return false;
    if (keyword->size() > keyword_bytes_max) return arguments.fail("A keyword is too long");
    const bool known = std::any_of(found.keywords.begin(), found.keywords.end(),
        [&](const std::string& other) { return equal_ignoring_case(other, *keyword); });
    if (known) return true;
    if (found.keywords.size() == store::keywords_max) return arguments.fail("Too many keywords");
    found.keywords.emplace_back(*keyword);
    return true;
}

std::optional<NamedFlags> read_bare_flags(Arguments& arguments) {
    NamedFlags found;
    do {
        if (!read_flag(arguments, found)) return std::nullopt;
    } while (!arguments.at_end() && arguments.space());
    if (arguments.failed()) return std::nullopt;
    return found;
}

bool read_modifiers(Arguments& arguments, StoreRequest& request) {
    if (!arguments.take('(')) return true;
    if (!arguments.take_word("UNCHANGEDSINCE")) return arguments.fail("Unknown STORE modifier");
    arguments.space();
    request.change.unchanged_since = arguments.number64();
    return arguments.expect(')') && arguments.space();
}

bool read_operation(Arguments& arguments, StoreRequest& request) {
    if (arguments.take('+'))
        request.change.mode = store::FlagChange::Mode::add;
    else if (arguments.take('-'))
        request.change.mode = store::FlagChange::Mode::remove;
    else
        request.change.mode = store::FlagChange::Mode::replace;
    request.silent = arguments.take_word("FLAGS.SILENT");
    return request.silent || arguments.take_word("FLAGS") || arguments.fail("Unknown STORE data item");
}

} // namespace

std::optional<NamedFlags> read_flag_list(Arguments& arguments) {
    if (!arguments.expect('(')) return std::nullopt;
    NamedFlags found;
    while (!arguments.take(')')) {
        if (!read_flag(arguments, found)) return std::nullopt;
        if (arguments.peek() != ')' && !arguments.space()) return std::nullopt;
    }
    return found;
}

std::optional<StoreRequest> read_store_request(Arguments& arguments) {
    StoreRequest request;
    if (!read_modifiers(arguments, request) || !read_operation(arguments, request) || !arguments.space())
        return std::nullopt;
    auto flags = arguments.peek() == '(' ? read_flag_list(arguments) : read_bare_flags(arguments);
    if (!flags) return std::nullopt;
    request.change.flags = flags->flags;
    request.change.keywords = std::move(flags->keywords);
    return request;
}

} // namespace hearth::imap
