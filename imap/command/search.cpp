// SPDX-License-Identifier: Apache-2.0
// SEARCH and UID SEARCH, with the results as a list (RFC 3501 section 7.2.5) or as ESEARCH (RFC 4731).
#include "command/commands.hpp"
#include "search_matcher.hpp"
#include "wire/response_writer.hpp"
#include "wire/search_request.hpp"

#include <vector>

namespace hearth::imap::command {
namespace {

void append_search(std::string& out, const std::vector<std::uint32_t>& numbers) {
    out += "* SEARCH";
    for (const auto number : numbers) {
        out += ' ';
        append_number(out, number);
    }
    out += "\r\n";
}

void append_esearch(std::string& out, const std::vector<std::uint32_t>& numbers, const SearchReturn& wanted,
    std::string_view tag, bool uid) {
    out += "* ESEARCH (TAG ";
    append_string(out, tag);
    out += uid ? ") UID" : ")";
    const auto item = [&](bool asked, std::string_view name, std::size_t value) {
        if (!asked) return;
        out += name;
        append_number(out, value);
    };
    if (!numbers.empty()) {
        item(wanted.min, " MIN ", numbers.front());
        item(wanted.max, " MAX ", numbers.back());
    }
    if (wanted.all && !numbers.empty()) {
        out += " ALL ";
        out += mail::to_sequence_set(numbers);
    }
    item(wanted.count, " COUNT ", numbers.size());
    out += "\r\n";
}

asio::awaitable<Reply> run(Context& context, Arguments& arguments, bool uid) {
    arguments.space();
    const auto request = read_search_request(arguments);
    if (!request) co_return Reply::bad("");
    if (!request->unknown_charset.empty()) co_return Reply::no("[BADCHARSET (UTF-8 US-ASCII)] Unknown charset");
    const auto& view = *context.selected;
    SearchMatcher matcher(request->key, view);
    std::vector<std::uint32_t> numbers;
    for (std::size_t index = 0; index < view.rows().size() && !context.is_over(); ++index) {
        const auto matches = matcher.matches(index);
        if (!matches) co_return store_failure(matches.error(), view.name());
        if (*matches) numbers.push_back(uid ? view.rows()[index].uid : static_cast<std::uint32_t>(index + 1));
        if (context.is_winded()) co_await context.breathe();
    }
    if (request->returns)
        append_esearch(context.out.buffer(), numbers, *request->returns, context.tag, uid);
    else
        append_search(context.out.buffer(), numbers);
    co_return Reply::ok("Search completed.");
}

} // namespace

/// RFC 9051 section 6.4.4.
asio::awaitable<Reply> search(Context& context, Arguments& arguments) {
    return run(context, arguments, false);
}

/// RFC 9051 section 6.4.9.
asio::awaitable<Reply> uid_search(Context& context, Arguments& arguments) {
    return run(context, arguments, true);
}

} // namespace hearth::imap::command
