// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "command/status_response.hpp"
#include "mailbox_listing.hpp"
#include "patience.hpp"
#include "wire/list_request.hpp"
#include "wire/response_writer.hpp"

namespace hearth::imap::command {
namespace {

void append_attribute(std::string& out, std::string_view attribute) {
    if (out.back() != '(') out += ' ';
    out += attribute;
}

void append_separator_and_name(Context& context, char separator, std::string_view name) {
    auto& out = context.out.buffer();
    out += ") ";
    append_string(out, std::string_view(&separator, 1));
    out += ' ';
    append_mailbox(out, name, context.enabled.utf8_names());
}

// CHILDREN (RFC 3348) and special uses (RFC 6154 section 2) are told whether asked for or not, as clients expect.
void append_list_line(Context& context, const ListRequest& request, const ListedMailbox& listed) {
    auto& out = context.out.buffer();
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
    append_separator_and_name(context, listed.separator, listed.name);
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

void append_separator(Context& context, std::string_view command) {
    auto& out = context.out.buffer();
    out += "* ";
    out += command;
    out += " (\\Noselect";
    append_separator_and_name(context, context.account.personal_namespace().separator, "");
    out += "\r\n";
}

// A parent that is told for its children's sake only (RFC 3501 section 6.3.9); what can't be selected, if
// imap_client_workarounds wants it.
bool lsub_is_noselect(const Context& context, const ListedMailbox& listed) {
    if (listed.info == nullptr) return true;
    return context.info.options->lsub_tells_noselect && !(listed.info->exists && listed.info->selectable);
}

// RFC 5819: after its LIST line, for what can be selected. A mailbox that fails has no STATUS.
asio::awaitable<void> append_list_status(Context& context, const ListRequest& request, const ListedMailbox& listed) {
    if (!request.return_status || listed.info == nullptr || !listed.info->exists || !listed.info->selectable) co_return;
    auto look = [&] { return context.account.status(listed.name); };
    auto found = look();
    if (!found) found = co_await patiently(context, look);
    if (found) append_status(context, listed.name, *request.return_status, *found);
}

asio::awaitable<std::vector<ListedMailbox>> select_mailboxes(Context& context, const ListRequest& request,
    const std::vector<store::MailboxInfo>& mailboxes, MailboxSelection::Kind kind) {
    MailboxSelection selection(request, mailboxes, kind);
    for (;;) {
        if (!selection.step()) break;
        if (context.is_winded()) co_await context.breathe();
    }
    co_return selection.take();
}

asio::awaitable<void> rest(Context& context) {
    if (context.out.is_full()) co_await context.out.flush();
    if (context.is_winded()) co_await context.breathe();
}

} // namespace

/// RFC 9051 section 6.3.9; RFC 5258, 5819, 6154.
asio::awaitable<Reply> list(Context& context, Arguments& arguments) {
    arguments.space();
    const auto request = read_list_request(arguments, false);
    if (!request) co_return Reply::bad("");
    if (asks_for_separator(*request)) {
        append_separator(context, "LIST");
        co_return Reply::ok("List completed.");
    }
    auto look = [&] { return context.account.list(); };
    const auto mailboxes = co_await patiently(context, look);
    if (!mailboxes) co_return store_failure(mailboxes.error(), "");
    const auto answer = co_await select_mailboxes(context, *request, *mailboxes, MailboxSelection::Kind::list);
    for (const auto& listed : answer) {
        append_list_line(context, *request, listed);
        co_await append_list_status(context, *request, listed);
        co_await rest(context);
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
        append_separator(context, "LSUB");
        co_return Reply::ok("Lsub completed.");
    }
    auto look = [&] { return context.account.list(); };
    const auto mailboxes = co_await patiently(context, look);
    if (!mailboxes) co_return store_failure(mailboxes.error(), "");
    const auto answer = co_await select_mailboxes(context, *request, *mailboxes, MailboxSelection::Kind::lsub);
    for (const auto& listed : answer) {
        context.out.buffer() += lsub_is_noselect(context, listed) ? "* LSUB (\\Noselect" : "* LSUB (";
        append_separator_and_name(context, listed.separator, listed.name);
        context.out.buffer() += "\r\n";
        co_await rest(context);
        if (context.is_over()) break;
    }
    co_return Reply::ok("Lsub completed.");
}

} // namespace hearth::imap::command
