// SPDX-License-Identifier: Apache-2.0
#include "command/status_response.hpp"
#include "wire/response_writer.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

std::uint64_t number_of(StatusItem item, const store::Status& status, const store::Account& account) {
    switch (item) {
    case StatusItem::messages: return status.messages;
    case StatusItem::recent: return status.recent;
    case StatusItem::uidnext: return status.uidnext;
    case StatusItem::uidvalidity: return status.uidvalidity;
    case StatusItem::unseen: return status.unseen;
    case StatusItem::deleted: return status.deleted;
    case StatusItem::size: return status.bytes;
    case StatusItem::deleted_storage: return status.deleted_bytes;
    case StatusItem::highest_modseq: return status.highest_modseq;
    case StatusItem::append_limit: return account.message_bytes_max();
    case StatusItem::mailbox_id: break;
    }
    return 0;
}

} // namespace

void append_status(
    Context& context, std::string_view mailbox, const StatusItems& items, const store::Status& status) {
    // This may have something to say of its own, so it comes first.
    if (std::find(items.begin(), items.end(), StatusItem::highest_modseq) != items.end()) context.enable_condstore();
    auto& out = context.out.buffer();
    out += "* STATUS ";
    append_mailbox(out, mailbox, context.enabled.utf8_names());
    out += " (";
    for (const auto item : items) {
        if (out.back() != '(') out += ' ';
        out += name_of(item);
        out += ' ';
        if (item == StatusItem::mailbox_id) {
            out += '(';
            out += status.mailbox_id;
            out += ')';
        } else {
            append_number(out, number_of(item, status, context.account));
        }
    }
    out += ")\r\n";
}

} // namespace hearth::imap::command
