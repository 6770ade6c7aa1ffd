// SPDX-License-Identifier: Apache-2.0
// Dovecot 2.3's quota rules, as plugin { quota_rule = } and the userdb field quota_rule have them. PURE.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::config {

/// "*:storage=1G:messages=1000". A limit of 0 is none.
struct QuotaRule {
    std::string mailbox;                ///< "*" and "?" are all; else one mailbox
    std::optional<std::uint64_t> bytes; ///< of storage= (KiB unless it has a unit) or bytes=
    std::optional<std::uint64_t> messages;
    bool is_relative = false; ///< "+100M", "+10%": more for one mailbox
    bool is_ignored = false;  ///< "ignore": the mailbox doesn't count

    [[nodiscard]] bool is_for_all() const { return mailbox == "*" || mailbox == "?"; }
};

/// A sentence when it is none.
Checked<QuotaRule> parse_quota_rule(std::string_view text);

} // namespace hearth::config
