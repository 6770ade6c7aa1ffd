// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "command_table.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.1.1.
Reply capability(Context& context, Arguments& arguments) {
    if (!arguments.end()) return Reply::bad("");
    context.out.buffer() += "* CAPABILITY ";
    context.out.buffer() += capabilities;
    context.out.buffer() += "\r\n";
    return Reply::ok("Capability completed.");
}

} // namespace hearth::imap::command
