// SPDX-License-Identifier: Apache-2.0
#include "open_mail.hpp"

#include "log/log.hpp"

#include <fmt/format.h>

namespace hearth::imap {
namespace {

// The index of the namespace that has INBOX, if any is written.
std::optional<std::size_t> inbox_namespace(const config::Snapshot& snapshot) {
    for (std::size_t i = 0; i < snapshot.count("namespace"); ++i)
        if (snapshot.flag(fmt::format("namespace.{}.inbox", i))) return i;
    return std::nullopt;
}

void read_special_use(
    const config::Snapshot& snapshot, const std::string& names_key, store::AccountSettings& settings) {
    const auto mailboxes = names_key + ".mailbox";
    for (std::size_t i = 0; i < snapshot.count(mailboxes); ++i) {
        const auto words = snapshot.words(fmt::format("{}.{}.special_use", mailboxes, i));
        const auto name = settings.names.prefix + snapshot.text(fmt::format("{}.{}.name", mailboxes, i));
        if (!words.empty()) settings.special_use[name] = fmt::format("{}", fmt::join(words, " "));
    }
}

} // namespace

Checked<store::AccountSettings> account_settings(const config::Snapshot& snapshot, const std::string& user,
    const std::string& home, const std::string& own_location) {
    store::AccountSettings settings;
    auto setting = own_location.empty() ? snapshot.text("mail_location") : own_location;
    if (const auto index = inbox_namespace(snapshot)) {
        const auto key = fmt::format("namespace.{}", *index);
        settings.names.prefix = snapshot.text(key + ".prefix");
        if (const auto separator = snapshot.text(key + ".separator"); !separator.empty())
            settings.names.separator = separator.front();
        if (const auto location = snapshot.text(key + ".location"); !location.empty()) setting = location;
        read_special_use(snapshot, key, settings);
    }
    auto location = store::MailLocation::parse(setting, {.user = user, .home = home});
    if (!location) return location.error();
    settings.location = std::move(*location);
    return settings;
}

Checked<std::unique_ptr<store::Account>> open_mail(const worker::Session& session) {
    auto settings = account_settings(session.settings(), session.user(), session.home(), session.mail_location());
    if (!settings) return settings.error();
    settings->warn = [](std::string_view text) { log::warning("{}", text); };
    return std::unique_ptr<store::Account>(std::make_unique<store::MaildirAccount>(std::move(*settings)));
}

} // namespace hearth::imap
