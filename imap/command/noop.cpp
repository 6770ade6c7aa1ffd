// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.1.2: the command table has updates sent before the reply.
Reply noop(Context&, Arguments& arguments) {
    return arguments.end() ? Reply::ok("NOOP completed.") : Reply::bad("");
}

} // namespace hearth::imap::command
