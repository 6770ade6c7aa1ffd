// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

#include "imap/id_words.hpp"

namespace hearth::imap::command {
namespace {

// ("name" "Roundcube" "version" "1.6"), or NIL.
bool read_fields(Arguments& arguments, ClientId& client) {
    if (arguments.take_word("NIL")) return true;
    if (!arguments.expect('(')) return false;
    for (std::size_t count = 0; !arguments.take(')'); ++count) {
        if (count == id_fields_max) return arguments.fail("Too many fields");
        const auto name = arguments.string();
        arguments.space();
        const auto value = arguments.nstring();
        if (!name || !value) return false;
        if (arguments.peek() != ')' && !arguments.space()) return false;
        client.add(*name, value->value_or("NIL"));
    }
    return true;
}

} // namespace

/// RFC 2971. The client's words go to the log as far as imap_id_log wants them; ours are those of imap_id_send.
Reply id(Context& context, Arguments& arguments) {
    ClientId client(context.info.id_fields_logged);
    arguments.space();
    if (!read_fields(arguments, client) || !arguments.end()) return Reply::bad("");
    if (const auto text = client.text(); context.info.on_client_id && !text.empty()) context.info.on_client_id(text);
    context.out.buffer() += "* ID " + context.info.options->id_reply + "\r\n";
    return Reply::ok("ID completed.");
}

} // namespace hearth::imap::command
