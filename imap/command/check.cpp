// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

namespace hearth::imap::command {

/// RFC 3501 section 6.4.1: NOOP for the selected mailbox, as everything acknowledged is on disk already.
Reply check(Context&, Arguments& arguments) {
    return arguments.end() ? Reply::ok("Check completed.") : Reply::bad("");
}

} // namespace hearth::imap::command
