// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "command/status_response.hpp"
#include "patience.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.3.11.
asio::awaitable<Reply> status(Context& context, Arguments& arguments) {
    arguments.space();
    const auto name = arguments.mailbox();
    arguments.space();
    const auto items = read_status_items(arguments);
    if (!name || !items || !arguments.end()) co_return Reply::bad("");
    auto look = [&] { return context.account.status(*name); };
    const auto found = co_await patiently(context, look);
    if (!found) co_return store_failure(found.error(), *name);
    append_status(context, *name, *items, *found);
    co_return Reply::ok("Status completed.");
}

} // namespace hearth::imap::command
