// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "patience.hpp"
#include "wire/response_writer.hpp"

namespace hearth::imap::command {
namespace {

bool is_below(std::string_view name, std::string_view parent, char separator) {
    return name.size() > parent.size() && name.starts_with(parent) && name[parent.size()] == separator;
}

// A selected mailbox that has another name now is selected no more. INBOX stays where it is: its messages have moved.
void leave_renamed(Context& context, const std::string& from, char separator) {
    if (!context.selected || from == "INBOX") return;
    const auto& name = context.selected->name();
    if (name != from && !is_below(name, from, separator)) return;
    context.selected.reset();
    context.search_result.clear();
}

// RFC 9051 section 6.3.9.7.
void append_old_name(Context& context, const std::string& from, const std::string& to, char separator) {
    if (!context.enabled.imap4rev2) return;
    auto& out = context.out.buffer();
    out += "* LIST () ";
    append_string(out, std::string_view(&separator, 1));
    out += ' ';
    append_mailbox(out, to, true);
    out += R"( ("OLDNAME" ()";
    append_mailbox(out, from, true);
    out += "))\r\n";
}

} // namespace

/// RFC 9051 section 6.3.6.
asio::awaitable<Reply> rename(Context& context, Arguments& arguments) {
    arguments.space();
    const auto from = arguments.mailbox();
    arguments.space();
    const auto to = arguments.mailbox();
    if (!from || !to || !arguments.end()) co_return Reply::bad("");
    const auto separator = context.account.personal_namespace().separator;
    if (to->empty()) co_return Reply::no("[CANNOT] A mailbox needs a name");
    if (*to == "INBOX" || *to == *from) co_return store_failure(store::Error::already_exists, *to);
    if (*from != "INBOX" && is_below(*to, *from, separator))
        co_return Reply::no("[CANNOT] A mailbox can't be put below itself");
    auto move = [&] { return context.account.rename(*from, *to); };
    const auto moved = co_await patiently(context, move);
    if (!moved) co_return store_failure(moved.error(), moved.error() == store::Error::already_exists ? *to : *from);
    leave_renamed(context, *from, separator);
    append_old_name(context, *from, *to, separator);
    co_return Reply::ok("Rename completed.");
}

} // namespace hearth::imap::command
