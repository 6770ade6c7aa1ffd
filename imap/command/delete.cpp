// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "patience.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.3.5. `delete` is no name for a function.
asio::awaitable<Reply> delete_mailbox(Context& context, Arguments& arguments) {
    arguments.space();
    const auto name = arguments.mailbox();
    if (!name || !arguments.end()) co_return Reply::bad("");
    if (*name == "INBOX") co_return Reply::no("[CANNOT] INBOX can't be deleted");
    auto remove = [&] { return context.account.remove(*name); };
    const auto removed = co_await patiently(context, remove);
    if (!removed) co_return store_failure(removed.error(), *name);
    // Whoever deletes the mailbox that is selected has none selected then.
    if (context.selected && context.selected->name() == *name) {
        context.selected.reset();
        context.search_result.clear();
    }
    co_return Reply::ok("Delete completed.");
}

} // namespace hearth::imap::command
