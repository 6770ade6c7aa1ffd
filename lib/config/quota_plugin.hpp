// SPDX-License-Identifier: Apache-2.0
// Dovecot 2.3's plugin { quota = ... } and what stands beside it, as settings of ours.
#pragma once

#include "config/block.hpp"
#include "config/report.hpp"

#include <string_view>

namespace hearth::config {

/// Settings in plugin { } that mean something here: they are kept for resolve_quota_plugin().
bool is_quota_plugin_setting(std::string_view key);

/// Turns the plugin block of `root`, if there is one and mail_plugins loads quota, into quota_root, quota_storage_size,
/// quota_message_count and quota_mail_size. What can't be honoured is an error, what differs a note.
void resolve_quota_plugin(Block& root, Report& report);

} // namespace hearth::config
