// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/snapshot.hpp"
#include "store/maildir/maildirsize.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace hearth::imap {

/// A user's limits: those of the settings (quota_storage_size, quota_message_count), and in their place, where quota is
/// on, those of the userdb's quota_rule or quota_storage_size and quota_message_count. 0 is no limit. `policy` gives a
/// userdb field, or nothing. A sentence when a field can't be understood: whoever can't be limited as the administrator
/// wants is not let in.
Checked<store::QuotaLimits> read_quota_limits(
    const config::Snapshot& snapshot, const std::function<std::string(std::string_view)>& policy);

} // namespace hearth::imap
