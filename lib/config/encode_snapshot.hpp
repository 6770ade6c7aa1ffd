// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"

#include <string>
#include <string_view>

namespace hearth::config {

/// The text of config/snapshot.hpp for processes of `service`: its own settings and those globals that its kind
/// needs. No kind but auth is told anything of a passdb or userdb.
std::string encode_snapshot(const Settings& settings, const ServiceSettings& service);

/// The global value of `key` as `service` reads it: what the last `protocol` block that applies to it says, else what
/// stands outside of all blocks. Points into `settings`.
std::string_view value_for(const Settings& settings, const ServiceSettings& service, std::string_view key);

} // namespace hearth::config
