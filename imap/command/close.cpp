// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.4.1. Removing \Deleted messages comes with EXPUNGE; until then they stay, which loses nothing.
Reply close(Context& context, Arguments& arguments) {
    if (!arguments.end()) return Reply::bad("");
    context.selected.reset();
    return Reply::ok("Close completed.");
}

} // namespace hearth::imap::command
