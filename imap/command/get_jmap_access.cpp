// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "wire/response_writer.hpp"

namespace hearth::imap::command {

/// RFC 9698: where the same mail can be had by JMAP with the same credentials, if the administrator said so.
Reply get_jmap_access(Context& context, Arguments& arguments) {
    if (!arguments.end()) return Reply::bad("");
    const auto& url = context.info.options->jmap_url;
    if (url.empty()) return Reply::no("[CANNOT] This mail isn't served by JMAP");
    auto& out = context.out.buffer();
    out += "* JMAPACCESS ";
    append_string(out, url);
    out += "\r\n";
    return Reply::ok("Getjmapaccess completed.");
}

} // namespace hearth::imap::command
