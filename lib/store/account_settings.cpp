// SPDX-License-Identifier: Apache-2.0
#include "store/account_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace hearth::store {
namespace {

// The index of the namespace that has INBOX, if any is written.
std::optional<std::size_t> inbox_namespace(const config::Snapshot& snapshot) {
    for (std::size_t i = 0; i < snapshot.count("namespace"); ++i)
        if (snapshot.flag(fmt::format("namespace.{}.inbox", i))) return i;
    return std::nullopt;
}

void read_special_use(const config::Snapshot& snapshot, const std::string& names_key, AccountSettings& settings) {
    const auto mailboxes = names_key + ".mailbox";
    for (std::size_t i = 0; i < snapshot.count(mailboxes); ++i) {
        const auto words = snapshot.words(fmt::format("{}.{}.special_use", mailboxes, i));
        const auto name = settings.names.prefix + snapshot.text(fmt::format("{}.{}.name", mailboxes, i));
        if (!words.empty()) settings.special_use[name] = fmt::format("{}", fmt::join(words, " "));
        const auto made = snapshot.text(fmt::format("{}.{}.auto", mailboxes, i));
        if (made == "create") settings.automatic[name] = AutoMailbox::create;
        if (made == "subscribe") settings.automatic[name] = AutoMailbox::subscribe;
    }
}

} // namespace

Checked<AccountSettings> account_settings(const config::Snapshot& snapshot, const std::string& user,
    const std::string& home, const std::string& own_location) {
    AccountSettings settings;
    auto setting = own_location.empty() ? snapshot.text("mail_location") : own_location;
    if (const auto index = inbox_namespace(snapshot)) {
        const auto key = fmt::format("namespace.{}", *index);
        settings.names.prefix = snapshot.text(key + ".prefix");
        if (const auto separator = snapshot.text(key + ".separator"); !separator.empty())
            settings.names.separator = separator.front();
        if (const auto location = snapshot.text(key + ".location"); !location.empty()) setting = location;
        read_special_use(snapshot, key, settings);
    }
    auto location = MailLocation::parse(setting, {.user = user, .home = home});
    if (!location) return location.error();
    settings.location = std::move(*location);
    return settings;
}

} // namespace hearth::store
