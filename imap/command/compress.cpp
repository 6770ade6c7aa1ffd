// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

namespace hearth::imap::command {

/// RFC 4978 section 3. The tagged OK is the last that is not compressed: it leaves in one write, as nothing of the client
/// may follow this command before it.
Reply compress(Context& context, Arguments& arguments) {
    arguments.space();
    if (!arguments.take_word("DEFLATE")) arguments.fail("DEFLATE is the mechanism that is known");
    if (!arguments.end()) return Reply::bad("");
    if (context.connection.is_compressed()) return Reply::no("[COMPRESSIONACTIVE] DEFLATE is active already");
    if (context.input.pending() > 0) return Reply::bad("Nothing may follow COMPRESS before its reply");
    if (!context.connection.start_compression()) return Reply::no("[CANNOT] Compression can't be had at the moment");
    return Reply::ok("DEFLATE active.");
}

} // namespace hearth::imap::command
