// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "command/transfer.hpp"

namespace hearth::imap::command {
namespace {

asio::awaitable<Reply> run(Context& context, Arguments& arguments, bool uid) {
    auto refusal = Reply::bad("");
    const auto request = read_transfer_request(context, arguments, uid, refusal);
    if (!request) co_return refusal;
    if (request->uids.empty()) co_return Reply::ok("No messages copied.");
    const auto placed = co_await transfer(context, *request);
    if (!placed) co_return target_failure(placed.error(), request->target);
    if (context.selected->name() == request->target) co_await context.sync();
    co_return Reply::ok(copyuid(*request, *placed) + " Copy completed.");
}

} // namespace

/// RFC 9051 section 6.4.7, RFC 4315.
asio::awaitable<Reply> copy(Context& context, Arguments& arguments) {
    return run(context, arguments, false);
}

/// RFC 9051 section 6.4.9.
asio::awaitable<Reply> uid_copy(Context& context, Arguments& arguments) {
    return run(context, arguments, true);
}

} // namespace hearth::imap::command
