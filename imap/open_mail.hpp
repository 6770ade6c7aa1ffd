// SPDX-License-Identifier: Apache-2.0
// From settings and a user to a Maildir account.
#pragma once

#include "base/result.hpp"
#include "config/snapshot.hpp"
#include "store/maildir_account.hpp"
#include "worker/session.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace hearth::imap {

/// What an account is made from: `own_location` is the user's own mail_location, or empty for the setting. The
/// namespace is the one that has INBOX; names of the others are not served.
Checked<store::AccountSettings> account_settings(const config::Snapshot& snapshot, const std::string& user,
    const std::string& home, const std::string& own_location);

/// OpenAccount of a real worker. What an administrator should know goes to the log.
Checked<std::unique_ptr<store::Account>> open_mail(const worker::Session& session);

} // namespace hearth::imap
