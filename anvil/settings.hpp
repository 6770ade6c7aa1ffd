// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hearth::config {
class Snapshot;
}

namespace hearth::anvil {

/// mail_max_userip_connections as the ledger wants it: 0 is "no limit".
std::uint32_t userip_limit(const config::Snapshot& settings);

} // namespace hearth::anvil
