// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.1.3.
Reply logout(Context& context, Arguments& arguments) {
    if (!arguments.end()) return Reply::bad("");
    context.hang_up("Logging out", "Logged out");
    return Reply::ok("Logout completed.");
}

} // namespace hearth::imap::command
