// SPDX-License-Identifier: Apache-2.0
// `mailbox status`: what STATUS would say of each mailbox of a user.
#include "mail_user.hpp"
#include "base/mask.hpp"
#include "table.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace hearth::admin {
namespace {

void print_json(const std::string& name, const store::Status& status) {
    boost::json::object object;
    object["mailbox"] = name;
    object["messages"] = status.messages;
    object["unseen"] = status.unseen;
    object["deleted"] = status.deleted;
    object["bytes"] = status.bytes;
    object["uidnext"] = status.uidnext;
    object["uidvalidity"] = status.uidvalidity;
    object["highestmodseq"] = status.highest_modseq;
    object["guid"] = status.mailbox_id;
    fmt::print("{}\n", boost::json::serialize(object));
}

int print_status(store::MaildirAccount& account, const Common& common, const std::string& mask) {
    const auto mailboxes = finished([&] { return account.list(); });
    if (!mailboxes) {
        fmt::print(stderr, "hearth: mailboxes can't be listed: {}\n", mailboxes.error().message());
        return exit_failed;
    }
    Table table({"mailbox", "messages", "unseen", "deleted", "size", "uidnext", "uidvalidity", "highestmodseq", "mailboxid"});
    int code = exit_ok;
    for (const auto& info : *mailboxes) {
        if (!info.exists || !info.selectable || !matches_mask(mask, info.name)) continue;
        const auto status = finished([&] { return account.status(info.name); });
        if (!status) {
            fmt::print(stderr, "hearth: {}: {}\n", info.name, status.error().message());
            code = exit_failed;
            continue;
        }
        if (common.json) print_json(info.name, *status);
        table.add({info.name, fmt::to_string(status->messages), fmt::to_string(status->unseen),
            fmt::to_string(status->deleted), bytes_text(status->bytes), fmt::to_string(status->uidnext),
            fmt::to_string(status->uidvalidity), fmt::to_string(status->highest_modseq), status->mailbox_id});
    }
    if (!common.json) fmt::print("{}", table.text());
    return code;
}

} // namespace

int mailbox_status(const Common& common, const MailboxOptions& options) {
    return as_mail_user(common, options.user,
        [&](store::MaildirAccount& account) { return print_status(account, common, options.mask); });
}

} // namespace hearth::admin
