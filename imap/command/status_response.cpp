// SPDX-License-Identifier: Apache-2.0
#include "command/status_response.hpp"
#include "wire/response_writer.hpp"

namespace hearth::imap::command {

void append_status(std::string& out, std::string_view mailbox, const StatusItems& items, const store::Status& status) {
    out += "* STATUS ";
    append_mailbox(out, mailbox);
    out += " (";
    const auto item = [&](bool wanted, std::string_view name, std::uint32_t value) {
        if (!wanted) return;
        if (out.back() != '(') out += ' ';
        out += name;
        append_number(out, value);
    };
    item(items.messages, "MESSAGES ", status.messages);
    item(items.recent, "RECENT ", status.recent);
    item(items.uidnext, "UIDNEXT ", status.uidnext);
    item(items.uidvalidity, "UIDVALIDITY ", status.uidvalidity);
    item(items.unseen, "UNSEEN ", status.unseen);
    out += ")\r\n";
}

} // namespace hearth::imap::command
