// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "command/expunging.hpp"
#include "command/transfer.hpp"

namespace hearth::imap::command {
namespace {

// `only`: UID EXPUNGE's set.
asio::awaitable<Reply> run(Context& context, std::optional<MessageSet> only) {
    auto& view = *context.selected;
    if (view.mailbox().read_only()) co_return read_only_refusal();
    // What others marked meanwhile goes too, so the client hears of it first.
    const auto looked = co_await context.sync();
    if (!looked) co_return store_failure(looked.error(), view.name());
    if (context.is_over()) co_return Reply::no("[UNAVAILABLE] The mailbox was made anew");
    std::vector<RowRange> ranges{{0, view.rows().size()}};
    if (only) ranges = context.rows_of(*only, true).value();
    const auto uids = deleted_uids(view, ranges);
    if (uids.empty()) co_return Reply::ok("Expunge completed.");
    const auto gone = co_await expunge_in_turns(context, uids, true);
    const auto synced = co_await context.sync();
    if (!gone) co_return store_failure(gone.error(), view.name());
    if (!synced) co_return store_failure(synced.error(), view.name());
    context.statistics.expunged += uids.size();
    co_return expunged_reply(context, "Expunge completed.");
}

} // namespace

/// RFC 9051 section 6.4.3.
asio::awaitable<Reply> expunge(Context& context, Arguments& arguments) {
    if (!arguments.end()) co_return Reply::bad("");
    const std::optional<MessageSet> all;
    co_return co_await run(context, all);
}

/// RFC 4315 section 2.1.
asio::awaitable<Reply> uid_expunge(Context& context, Arguments& arguments) {
    arguments.space();
    const auto set = arguments.message_set();
    if (!set || !arguments.end()) co_return Reply::bad("");
    co_return co_await run(context, set);
}

} // namespace hearth::imap::command
