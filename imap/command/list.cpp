// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "command/status_response.hpp"
#include "mailbox_listing.hpp"
#include "wire/list_request.hpp"
#include "wire/response_writer.hpp"

#include "mail/mailbox_name.hpp"

namespace hearth::imap::command {
namespace {

void append_attribute(std::string& out, std::string_view attribute) {
    if (out.back() != '(') out += ' ';
    out += attribute;
}

void append_separator_and_name(std::string& out, char separator, std::string_view name) {
    out += ") ";
    append_string(out, std::string_view(&separator, 1));
    out += ' ';
    append_mailbox(out, name);
}

// CHILDREN (RFC 3348) and special uses (RFC 6154 section 2) are told whether asked for or not, as clients expect.
void append_list_line(std::string& out, const ListRequest& request, const ListedMailbox& listed) {
    const auto* info = listed.info;
    out += "* LIST (";
    if (info == nullptr || !info->exists)
        append_attribute(out, request.extended ? "\\NonExistent" : "\\Noselect");
    else if (!info->selectable)
        append_attribute(out, "\\Noselect");
    const bool has_children = info == nullptr || info->has_children;
    append_attribute(out, has_children ? "\\HasChildren" : "\\HasNoChildren");
    if (info != nullptr && info->subscribed && (request.return_subscribed || request.select_subscribed))
        append_attribute(out, "\\Subscribed");
    if (info != nullptr && !info->special_use.empty()) append_attribute(out, info->special_use);
    append_separator_and_name(out, listed.separator, listed.name);
    if (listed.child_matches && request.select_subscribed)
        out += R"( ("CHILDINFO" ("SUBSCRIBED")))";
    else if (listed.child_matches)
        out += R"( ("CHILDINFO" ("SPECIAL-USE")))";
    out += "\r\n";
}

// LIST "" "" asks for the separator only (RFC 9051 section 6.3.9).
bool asks_for_separator(const ListRequest& request) {
    return !request.extended && request.patterns.size() == 1 && request.patterns.front().empty();
}

void append_separator(std::string& out, const store::Account& account, std::string_view command) {
    out += "* ";
    out += command;
    out += " (\\Noselect";
    append_separator_and_name(out, account.personal_namespace().separator, "");
    out += "\r\n";
}

// RFC 5819: after its LIST line, for what can be selected. A mailbox that fails has no STATUS.
void append_list_status(Context& context, const ListRequest& request, const ListedMailbox& listed) {
    if (!request.return_status || listed.info == nullptr || !listed.info->exists || !listed.info->selectable) return;
    const auto found = context.account.status(listed.name);
    if (found) append_status(context.out.buffer(), listed.name, *request.return_status, *found);
}

} // namespace

/// RFC 9051 section 6.3.9; RFC 5258, 5819, 6154.
asio::awaitable<Reply> list(Context& context, Arguments& arguments) {
    arguments.space();
    const auto request = read_list_request(arguments, false);
    if (!request) co_return Reply::bad("");
    if (asks_for_separator(*request)) {
        append_separator(context.out.buffer(), context.account, "LIST");
        co_return Reply::ok("List completed.");
    }
    const auto mailboxes = context.account.list();
    if (!mailboxes) co_return store_failure(mailboxes.error(), "");
    const auto answer = select_for_list(*request, *mailboxes);
    for (const auto& listed : answer) {
        append_list_line(context.out.buffer(), *request, listed);
        append_list_status(context, *request, listed);
        if (context.out.is_full()) co_await context.out.flush();
        if (context.is_winded()) co_await context.breathe();
        if (context.is_over()) break;
    }
    co_return Reply::ok("List completed.");
}

/// RFC 3501 section 6.3.9.
asio::awaitable<Reply> lsub(Context& context, Arguments& arguments) {
    arguments.space();
    const auto request = read_list_request(arguments, true);
    if (!request) co_return Reply::bad("");
    if (asks_for_separator(*request)) {
        append_separator(context.out.buffer(), context.account, "LSUB");
        co_return Reply::ok("Lsub completed.");
    }
    const auto mailboxes = context.account.list();
    if (!mailboxes) co_return store_failure(mailboxes.error(), "");
    const auto answer = select_for_lsub(*request, *mailboxes);
    for (const auto& listed : answer) {
        auto& out = context.out.buffer();
        out += listed.info != nullptr ? "* LSUB (" : "* LSUB (\\Noselect";
        append_separator_and_name(out, listed.separator, listed.name);
        out += "\r\n";
        if (context.out.is_full()) co_await context.out.flush();
        if (context.is_over()) break;
    }
    co_return Reply::ok("Lsub completed.");
}

} // namespace hearth::imap::command
