// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.3.1. None of our capabilities needs enabling, so nothing is; unknown ones are ignored.
Reply enable(Context& context, Arguments& arguments) {
    do {
        arguments.space();
        if (!arguments.atom()) return Reply::bad("");
    } while (!arguments.at_end());
    context.out.buffer() += "* ENABLED\r\n";
    return Reply::ok("Enabled.");
}

} // namespace hearth::imap::command
