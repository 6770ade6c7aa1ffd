// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "command/expunging.hpp"
#include "patience.hpp"

namespace hearth::imap::command {
namespace {

asio::awaitable<void> expunge_silently(Context& context) {
    auto& mailbox = context.selected->mailbox();
    auto look = [&] { return mailbox.sync(); };
    const auto looked = co_await patiently(context, look);
    if (!looked || context.selected->is_invalid()) co_return; // what isn't known is not removed
    const std::vector<RowRange> all{{0, mailbox.rows().size()}};
    const auto uids = deleted_uids(*context.selected, all);
    if (uids.empty()) co_return;
    const auto gone = co_await expunge_in_turns(context, uids, true);
    if (gone)
        context.statistics.expunged += uids.size();
    else
        store_failure(gone.error(), context.selected->name()).append_to(context.out.buffer(), "");
}

} // namespace

/// RFC 9051 section 6.4.1: \Deleted messages go without a word. CLOSE can't fail: the mailbox is closed in any case,
/// and what prevented the removal is told by an untagged NO.
asio::awaitable<Reply> close(Context& context, Arguments& arguments) {
    if (!arguments.end()) co_return Reply::bad("");
    if (!context.selected->mailbox().read_only()) co_await expunge_silently(context);
    context.selected.reset();
    co_return Reply::ok("Close completed.");
}

} // namespace hearth::imap::command
