// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "wire/response_writer.hpp"

#include "mail/mailbox_name.hpp"

namespace hearth::imap::command {

/// RFC 9051 section 6.3.10: the personal namespace; there are no others' and no shared ones.
Reply name_space(Context& context, Arguments& arguments) {
    if (!arguments.end()) return Reply::bad("");
    const auto personal = context.account.personal_namespace();
    const bool utf8 = context.enabled.utf8_names();
    auto& out = context.out.buffer();
    out += "* NAMESPACE ((";
    append_string(out, utf8 ? personal.prefix : mail::to_mutf7(personal.prefix), utf8);
    out += ' ';
    append_string(out, std::string_view(&personal.separator, 1));
    out += ")) NIL NIL\r\n";
    return Reply::ok("Namespace completed.");
}

} // namespace hearth::imap::command
