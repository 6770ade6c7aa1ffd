// SPDX-License-Identifier: Apache-2.0
#include "open_mail.hpp"
#include "quota_limits.hpp"

#include "log/log.hpp"
#include "store/account_settings.hpp"

namespace hearth::imap {

Checked<std::unique_ptr<store::Account>> open_mail(const worker::Session& session) {
    auto settings =
        store::account_settings(session.settings(), session.user(), session.home(), session.mail_location());
    if (!settings) return settings.error();
    const auto policy = [&session](std::string_view key) { return session.policy(key); };
    const auto quota = read_quota_limits(session.settings(), policy);
    if (!quota) return quota.error();
    settings->quota = *quota;
    settings->message_bytes_max = session.settings().uint("quota_mail_size");
    settings->warn = [](std::string_view text) { log::warning("{}", text); };
    return std::unique_ptr<store::Account>(std::make_unique<store::MaildirAccount>(std::move(*settings)));
}

} // namespace hearth::imap
