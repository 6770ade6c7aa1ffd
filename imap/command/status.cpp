// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "command/status_response.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.3.11.
Reply status(Context& context, Arguments& arguments) {
    arguments.space();
    const auto name = arguments.mailbox();
    arguments.space();
    const auto items = read_status_items(arguments);
    if (!name || !items || !arguments.end()) return Reply::bad("");
    const auto found = context.account.status(*name);
    if (!found) return store_failure(found.error(), *name);
    append_status(context.out.buffer(), *name, *items, *found);
    return Reply::ok("Status completed.");
}

} // namespace hearth::imap::command
