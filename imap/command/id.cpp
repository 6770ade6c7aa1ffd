// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::imap::command {
namespace {

constexpr std::size_t fields_max = 30; // RFC 2971 section 3.3
constexpr std::size_t logged_max = 256;

bool is_logged(const std::vector<std::string>& fields, std::string_view name) {
    return std::any_of(fields.begin(), fields.end(),
        [&](const auto& field) { return field == "*" || equal_ignoring_case(field, name); });
}

// "name=Roundcube, version=1.6" of ("name" "Roundcube" "version" "1.6").
bool read_fields(Arguments& arguments, const std::vector<std::string>& logged, std::string& text) {
    if (arguments.take_word("NIL")) return true;
    if (!arguments.expect('(')) return false;
    for (std::size_t count = 0; !arguments.take(')'); ++count) {
        if (count == fields_max) return arguments.fail("Too many fields");
        const auto name = arguments.string();
        arguments.space();
        const auto value = arguments.nstring();
        if (!name || !value) return false;
        if (arguments.peek() != ')' && !arguments.space()) return false;
        if (is_logged(logged, *name))
            text += fmt::format("{}{}={}", text.empty() ? "" : ", ", *name, value->value_or("NIL"));
    }
    return true;
}

} // namespace

/// RFC 2971. The client's words go to the log as far as imap_id_log wants them; ours are those of imap_id_send.
Reply id(Context& context, Arguments& arguments) {
    std::string text;
    arguments.space();
    if (!read_fields(arguments, context.info.id_fields_logged, text) || !arguments.end()) return Reply::bad("");
    if (context.info.on_client_id && !text.empty()) context.info.on_client_id(printable(text, logged_max));
    context.out.buffer() += "* ID " + context.info.options->id_reply + "\r\n";
    return Reply::ok("ID completed.");
}

} // namespace hearth::imap::command
