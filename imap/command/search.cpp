// SPDX-License-Identifier: Apache-2.0
// SEARCH and UID SEARCH, with the results as a list (RFC 3501 section 7.2.5), as ESEARCH (RFC 4731), or kept as "$"
// (RFC 5182).
#include "command/commands.hpp"
#include "search/find_messages.hpp"
#include "search/search_response.hpp"
#include "wire/search_request.hpp"

namespace hearth::imap::command {
namespace {

// RFC 9051 section 6.4.4: IMAP4rev2 knows no other response than ESEARCH.
std::optional<SearchReturn> wanted_returns(const Context& context, const SearchRequest& request) {
    if (request.returns || !context.enabled.imap4rev2) return request.returns;
    SearchReturn all;
    all.all = true;
    return all;
}

asio::awaitable<Reply> run(Context& context, Arguments& arguments, bool uid) {
    arguments.space();
    const auto request = read_search_request(arguments);
    if (!request) co_return Reply::bad("");
    const auto returns = wanted_returns(context, *request);
    const bool saves = returns && returns->save;
    if (auto refused = refuse_search(context, *request, false)) {
        // RFC 5182 section 2.1: after NO "$" is empty, after BAD what it was.
        if (saves && refused->kind() == Reply::Kind::no) context.search_result.clear();
        co_return std::move(*refused);
    }
    const bool tells_relevancy = returns && returns->relevancy;
    Relevancies relevancies;
    auto found = co_await find_messages(context, request->key, tells_relevancy ? &relevancies : nullptr);
    if (!found && saves) context.search_result.clear();
    if (!found) co_return store_failure(found.error(), context.selected->name());
    SearchResult result;
    result.rows = context.selected->rows();
    result.found = std::move(*found);
    result.relevancies = std::move(relevancies);
    result.uid = uid;
    result.with_modseq = asks_for_modseq(request->key);
    if (saves) context.search_result = saved_result(result, *returns);
    if (!returns)
        append_search(context.out.buffer(), "SEARCH", result);
    else if (returns->is_told())
        append_esearch(context.out.buffer(), result, *returns, context.tag);
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
