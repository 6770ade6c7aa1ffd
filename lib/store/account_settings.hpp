// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/snapshot.hpp"
#include "store/maildir_account.hpp"

#include <string>

namespace hearth::store {

/// What an account is made from, as the settings say: `own_location` is the user's own mail_location, or empty for the
/// setting. The namespace is the one that has INBOX; names of the others are not served. `warn` is left empty.
Checked<AccountSettings> account_settings(const config::Snapshot& snapshot, const std::string& user,
    const std::string& home, const std::string& own_location);

} // namespace hearth::store
