// SPDX-License-Identifier: Apache-2.0
// `index check` and `index rebuild`. The index may always be made anew: what is lost then is listed in docs/store.md.
#include "mail_user.hpp"

#include <fmt/format.h>

namespace hearth::admin {
namespace {

// Opens every mailbox, which compares the index with the Maildir and the uidlist, and mends what differs.
int open_all(store::MaildirAccount& account) {
    const auto mailboxes = finished([&] { return account.list(); });
    if (!mailboxes) {
        fmt::print(stderr, "hearth: mailboxes can't be listed: {}\n", mailboxes.error().message());
        return exit_failed;
    }
    int code = exit_ok;
    std::size_t count = 0, messages = 0;
    for (const auto& info : *mailboxes) {
        if (!info.exists || !info.selectable) continue;
        const auto opened = finished([&] { return account.open(info.name, true); });
        if (!opened) {
            fmt::print(stderr, "hearth: {}: {}\n", info.name, opened.error().message());
            code = exit_failed;
            continue;
        }
        ++count;
        messages += (*opened)->rows().size();
    }
    fmt::print("{} mailboxes, {} messages\n", count, messages);
    return code;
}

int check_index(store::MaildirAccount& account) {
    const auto ready = finished([&] { return account.index().ready(); });
    const auto findings = ready ? finished([&] { return account.index().check(); }) : Result<std::string>(ready.error());
    if (!findings) {
        fmt::print(stderr, "hearth: the index can't be checked: {}\n", findings.error().message());
        return exit_failed;
    }
    fmt::print("index: {}\n", findings->empty() ? "sound" : *findings);
    const int code = open_all(account);
    return findings->empty() ? code : exit_failed;
}

int rebuild_index(store::MaildirAccount& account) {
    const auto ready = finished([&] { return account.index().ready(); });
    const auto done = ready ? finished([&] { return account.index().rebuild(); }) : ready;
    if (!done) {
        fmt::print(stderr, "hearth: the index can't be set aside: {}\n", done.error().message());
        return exit_failed;
    }
    return open_all(account);
}

} // namespace

int index_check(const Common& common, const std::string& user) {
    return as_mail_user(common, user, check_index);
}

int index_rebuild(const Common& common, const std::string& user) {
    return as_mail_user(common, user, rebuild_index);
}

} // namespace hearth::admin
