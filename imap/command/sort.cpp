// SPDX-License-Identifier: Apache-2.0
// SORT and UID SORT (RFC 5256), DISPLAYFROM and DISPLAYTO (RFC 5957), RETURN (RFC 5267 section 3), RELEVANCY (RFC 6203
// section 6).
#include "sort/sort_table.hpp"
#include "command/commands.hpp"
#include "patience.hpp"
#include "search/find_messages.hpp"
#include "search/search_response.hpp"
#include "sort/sliced_sort.hpp"
#include "wire/search_request.hpp"

#include <numeric>

namespace hearth::imap::command {
namespace {

// What is gone by now is left out, as SEARCH would.
asio::awaitable<error_code> fill(Context& context, SortTable& table, const std::vector<std::uint32_t>& found) {
    const auto rows = context.selected->rows();
    for (const auto index : found) {
        MessageReader message(context.selected->mailbox(), rows[index]);
        auto add = [&] { return table.add(index, message); };
        auto added = add();
        if (!added) added = co_await patiently(context, add);
        if (!added && added.error() != store::Error::expunged) co_return added.error();
        if (context.is_winded()) co_await context.breathe();
        if (context.is_over()) break;
    }
    co_return error_code();
}

asio::awaitable<std::vector<std::uint32_t>> sorted_rows(Context& context, const SortTable& table) {
    std::vector<std::uint32_t> lines(table.size());
    std::iota(lines.begin(), lines.end(), 0U);
    auto before = [&table](std::uint32_t a, std::uint32_t b) { return table.before(a, b); };
    SlicedSort sort(std::move(lines), before);
    while (!sort.done()) {
        sort.step();
        if (context.is_winded()) co_await context.breathe();
    }
    auto sorted = sort.take();
    for (auto& line : sorted)
        line = table.row(line);
    co_return sorted;
}

asio::awaitable<Reply> run(Context& context, Arguments& arguments, bool uid) {
    arguments.space();
    const auto request = read_sort_request(arguments);
    if (!request) co_return Reply::bad("");
    if (auto refused = refuse_search(context, *request, true)) co_return std::move(*refused);
    const bool tells_relevancy = request->returns && request->returns->relevancy;
    Relevancies relevancies;
    const bool needs_relevancy = tells_relevancy || request->sorts_by(SortCriterion::By::relevancy);
    const auto found = co_await find_messages(context, request->key, needs_relevancy ? &relevancies : nullptr);
    if (!found) co_return store_failure(found.error(), context.selected->name());
    SortTable table(request->criteria, relevancies);
    const auto failure = co_await fill(context, table, *found);
    if (failure) co_return store_failure(failure, context.selected->name());
    SearchResult result;
    result.rows = context.selected->rows();
    result.found = co_await sorted_rows(context, table);
    result.relevancies = std::move(relevancies);
    result.uid = uid;
    result.with_modseq = asks_for_modseq(request->key);
    if (request->returns && request->returns->save)
        context.search_result = saved_result(result, *request->returns);
    if (!request->returns)
        append_search(context.out.buffer(), "SORT", result);
    else if (request->returns->is_told())
        append_esearch(context.out.buffer(), result, *request->returns, context.tag);
    co_return Reply::ok("Sort completed.");
}

} // namespace

/// RFC 5256 section 3.
asio::awaitable<Reply> sort(Context& context, Arguments& arguments) {
    return run(context, arguments, false);
}

/// RFC 5256 section 3.
asio::awaitable<Reply> uid_sort(Context& context, Arguments& arguments) {
    return run(context, arguments, true);
}

} // namespace hearth::imap::command
