// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"
#include "config/snapshot.hpp"

#include <limits>

namespace hearth::anvil {

std::uint32_t userip_limit(const config::Snapshot& settings) {
    const auto limit = settings.uint("mail_max_userip_connections");
    return limit > std::numeric_limits<std::uint32_t>::max() ? 0 : static_cast<std::uint32_t>(limit);
}

} // namespace hearth::anvil
