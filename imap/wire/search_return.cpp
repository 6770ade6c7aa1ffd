// SPDX-License-Identifier: Apache-2.0
#include "wire/search_return.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

std::optional<std::uint32_t> read_position(Arguments& arguments, bool from_end) {
    if (from_end && !arguments.expect('-')) return std::nullopt;
    const auto number = arguments.number();
    if (!number || *number != 0) return number;
    arguments.fail("Positions are counted from 1");
    return std::nullopt;
}

// "1:500" or "-1:-100". The larger may come first.
bool read_partial(Arguments& arguments, SearchReturn& wanted) {
    if (!arguments.space()) return false;
    PartialRange range;
    range.from_end = arguments.peek() == '-';
    const auto first = read_position(arguments, range.from_end);
    if (!first || !arguments.expect(':')) return false;
    const auto last = read_position(arguments, range.from_end);
    if (!last) return false;
    range.first = std::min(*first, *last);
    range.last = std::max(*first, *last);
    wanted.partial = range;
    return true;
}

bool read_option(Arguments& arguments, SearchReturn& wanted) {
    if (arguments.take_word("MIN")) return wanted.min = true;
    if (arguments.take_word("MAX")) return wanted.max = true;
    if (arguments.take_word("COUNT")) return wanted.count = true;
    if (arguments.take_word("ALL")) return wanted.all = true;
    if (arguments.take_word("SAVE")) return wanted.save = true;
    if (arguments.take_word("RELEVANCY")) return wanted.relevancy = true;
    if (arguments.take_word("PARTIAL")) {
        if (wanted.partial) return arguments.fail("Only one PARTIAL is possible");
        return read_partial(arguments, wanted);
    }
    return arguments.fail("Unknown SEARCH return option");
}

} // namespace

std::optional<SearchReturn> read_search_return(Arguments& arguments) {
    SearchReturn wanted;
    if (!arguments.space() || !arguments.expect('(')) return std::nullopt;
    while (!arguments.take(')')) {
        if (!read_option(arguments, wanted)) return std::nullopt;
        if (arguments.peek() != ')' && !arguments.space()) return std::nullopt;
    }
    // RFC 9394 section 3.1: a page of them and all of them are contradictory.
    if (wanted.partial && wanted.all) {
        arguments.fail("PARTIAL and ALL exclude each other");
        return std::nullopt;
    }
    if (!wanted.is_told() && !wanted.save) wanted.all = true; // RETURN () means ALL
    if (!arguments.space()) return std::nullopt;
    return wanted;
}

} // namespace hearth::imap
