// SPDX-License-Identifier: Apache-2.0
#include "command/commands.hpp"
#include "wire/response_writer.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

void append_line(std::string& out, std::string_view before, std::uint64_t number, std::string_view after) {
    out += before;
    append_number(out, number);
    out += after;
    out += "\r\n";
}

void describe(std::string& out, const View& view) {
    const auto rows = view.rows();
    view.append_known_flags(out);
    append_line(out, "* ", rows.size(), " EXISTS");
    append_line(out, "* ", recent_count(rows), " RECENT");
    const auto unseen =
        std::find_if(rows.begin(), rows.end(), [](const auto& row) { return !row.flags.has(mail::Flag::seen); });
    if (unseen != rows.end())
        append_line(out, "* OK [UNSEEN ", static_cast<std::uint64_t>(unseen - rows.begin()) + 1, "] First unseen.");
    append_line(out, "* OK [UIDVALIDITY ", view.mailbox().uidvalidity(), "] UIDs valid");
    append_line(out, "* OK [UIDNEXT ", view.mailbox().uidnext(), "] Predicted next UID");
}

Reply open(Context& context, Arguments& arguments, bool read_only) {
    arguments.space();
    auto name = arguments.mailbox();
    if (!name || !arguments.end()) return Reply::bad("");
    // Whatever comes of it, the former mailbox is no longer selected (RFC 9051 section 6.3.2).
    context.selected.reset();
    auto mailbox = context.account.open(*name, read_only);
    if (!mailbox) return store_failure(mailbox.error(), *name);
    context.selected = std::make_unique<View>(std::move(*mailbox), std::move(*name), Clock::now());
    describe(context.out.buffer(), *context.selected);
    const bool locked = context.selected->mailbox().read_only();
    return Reply::ok(std::string(locked ? "[READ-ONLY] " : "[READ-WRITE] ") +
                     (read_only ? "Examine completed." : "Select completed."));
}

} // namespace

/// RFC 9051 section 6.3.2.
Reply select(Context& context, Arguments& arguments) {
    return open(context, arguments, false);
}

/// RFC 9051 section 6.3.3.
Reply examine(Context& context, Arguments& arguments) {
    return open(context, arguments, true);
}

} // namespace hearth::imap::command
