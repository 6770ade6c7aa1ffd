// SPDX-License-Identifier: Apache-2.0
// MOVE and UID MOVE: the messages are in the target for good before they leave the source; so a crash or a failure in
// between leaves both, never none.
#include "command/commands.hpp"
#include "command/expunging.hpp"
#include "command/transfer.hpp"

namespace hearth::imap::command {
namespace {

asio::awaitable<Reply> run(Context& context, Arguments& arguments, bool uid) {
    auto refusal = Reply::bad("");
    const auto request = read_transfer_request(context, arguments, uid, refusal);
    if (!request) co_return refusal;
    if (context.selected->mailbox().read_only()) co_return read_only_refusal();
    if (request->uids.empty()) co_return Reply::ok("No messages moved.");
    const auto placed = co_await transfer(context, *request);
    if (!placed) co_return target_failure(placed.error(), request->target);
    // RFC 6851 section 4.3: COPYUID comes before EXPUNGE, hence not with the tagged reply.
    context.out.buffer() += "* OK " + copyuid(*request, *placed) + " Moved.\r\n";
    const auto removed = co_await expunge_in_turns(context, request->uids, false);
    const auto synced = co_await context.sync();
    if (!removed) co_return store_failure(removed.error(), context.selected->name());
    if (!synced) co_return store_failure(synced.error(), context.selected->name());
    co_return expunged_reply(context, "Move completed.");
}

} // namespace

/// RFC 6851.
asio::awaitable<Reply> move(Context& context, Arguments& arguments) {
    return run(context, arguments, false);
}

/// RFC 6851.
asio::awaitable<Reply> uid_move(Context& context, Arguments& arguments) {
    return run(context, arguments, true);
}

} // namespace hearth::imap::command
