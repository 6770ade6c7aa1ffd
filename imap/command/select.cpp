// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "command/resynchronise.hpp"
#include "patience.hpp"
#include "wire/response_writer.hpp"
#include "wire/select_request.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

void append_line(std::string& out, std::string_view before, std::uint64_t number, std::string_view after) {
    out += before;
    append_number(out, number);
    out += after;
    out += "\r\n";
}

// RFC 3501 only: whoever has enabled IMAP4rev2 gets the name instead (RFC 9051 section 6.3.2).
void describe_unseen(std::string& out, const View& view) {
    const auto unseen = view.mailbox().first_unseen();
    if (unseen < view.rows().size()) append_line(out, "* OK [UNSEEN ", unseen + 1, "] First unseen.");
}

void append_name(std::string& out, const Context& context) {
    const auto separator = context.account.personal_namespace().separator;
    out += "* LIST () ";
    append_string(out, std::string_view(&separator, 1));
    out += ' ';
    append_mailbox(out, context.selected->name(), context.enabled.utf8_names());
    out += "\r\n";
}

void describe(Context& context) {
    auto& view = *context.selected;
    const auto& mailbox = view.mailbox();
    auto& out = context.out.buffer();
    view.append_known_flags(out);
    append_line(out, "* ", view.rows().size(), " EXISTS");
    if (context.enabled.imap4rev2) {
        append_name(out, context);
    } else {
        append_line(out, "* ", mailbox.recent_count(), " RECENT");
        describe_unseen(out, view);
    }
    append_line(out, "* OK [UIDVALIDITY ", mailbox.uidvalidity(), "] UIDs valid");
    append_line(out, "* OK [UIDNEXT ", mailbox.uidnext(), "] Predicted next UID");
    if (mailbox.keeps_modseqs())
        append_line(out, "* OK [HIGHESTMODSEQ ", mailbox.highest_modseq(), "] Highest");
    else
        out += "* OK [NOMODSEQ] No permanent mod-sequences.\r\n";
    if (const auto id = mailbox.mailbox_id(); !id.empty()) out += "* OK [MAILBOXID (" + id + ")] Mailbox id\r\n";
}

// Whatever comes of it, the former mailbox is no longer selected (RFC 9051 section 6.3.2).
void close_former(Context& context) {
    if (!context.selected) return;
    context.selected.reset();
    context.out.buffer() += "* OK [CLOSED] Previous mailbox closed.\r\n";
}

asio::awaitable<Reply> open(Context& context, Arguments& arguments, bool read_only) {
    auto request = read_select_request(arguments);
    if (request && request->known && !context.enabled.qresync) arguments.fail("QRESYNC is not enabled");
    if (arguments.failed()) co_return Reply::bad("");
    close_former(context);
    context.search_result.clear();
    auto job = [&] { return context.account.open(request->mailbox, read_only); };
    auto mailbox = co_await patiently(context, job);
    if (!mailbox) co_return store_failure(mailbox.error(), request->mailbox);
    if (request->condstore || request->known) context.enabled.condstore = true;
    context.selected = std::make_unique<View>(
        std::move(*mailbox), std::move(request->mailbox), std::as_const(context.enabled), Clock::now());
    describe(context);
    if (request->known) {
        const auto failure = co_await resynchronise(context, *request->known);
        if (failure) co_return store_failure(failure, context.selected->name());
    }
    const bool locked = context.selected->mailbox().read_only();
    co_return Reply::ok(std::string(locked ? "[READ-ONLY] " : "[READ-WRITE] ") +
                        (read_only ? "Examine completed." : "Select completed."));
}

} // namespace

/// RFC 9051 section 6.3.2; RFC 7162 sections 3.1.2, 3.1.8 and 3.2.5; RFC 8474 section 4.2.
asio::awaitable<Reply> select(Context& context, Arguments& arguments) {
    return open(context, arguments, false);
}

/// RFC 9051 section 6.3.3.
asio::awaitable<Reply> examine(Context& context, Arguments& arguments) {
    return open(context, arguments, true);
}

} // namespace hearth::imap::command
