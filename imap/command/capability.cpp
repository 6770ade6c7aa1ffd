// SPDX-License-Identifier: Apache-2.0
#include "capabilities.hpp"
#include "command/commands.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.1.1.
Reply capability(Context& context, Arguments& arguments) {
    if (!arguments.end()) return Reply::bad("");
    context.out.buffer() += "* CAPABILITY " + capabilities_of(context) + "\r\n";
    return Reply::ok("Capability completed.");
}

} // namespace hearth::imap::command
