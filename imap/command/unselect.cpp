// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.4.2 (RFC 3691).
Reply unselect(Context& context, Arguments& arguments) {
    if (!arguments.end()) return Reply::bad("");
    context.selected.reset();
    return Reply::ok("Unselect completed.");
}

} // namespace hearth::imap::command
