// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "patience.hpp"

namespace hearth::imap::command {
namespace {

asio::awaitable<Reply> run(Context& context, Arguments& arguments, bool on) {
    arguments.space();
    const auto name = arguments.mailbox();
    if (!name || !arguments.end()) co_return Reply::bad("");
    auto change = [&] { return context.account.subscribe(*name, on); };
    const auto changed = co_await patiently(context, change);
    if (!changed) co_return store_failure(changed.error(), *name);
    co_return Reply::ok(on ? "Subscribe completed." : "Unsubscribe completed.");
}

} // namespace

/// RFC 9051 section 6.3.7. A name may be subscribed to before there is a mailbox.
asio::awaitable<Reply> subscribe(Context& context, Arguments& arguments) {
    return run(context, arguments, true);
}

/// RFC 9051 section 6.3.8.
asio::awaitable<Reply> unsubscribe(Context& context, Arguments& arguments) {
    return run(context, arguments, false);
}

} // namespace hearth::imap::command
