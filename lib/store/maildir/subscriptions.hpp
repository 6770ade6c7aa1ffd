// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

/// The names in a `subscriptions` file as Dovecot writes it: version 2 (header "V\t2", an empty line, levels separated
/// by tabs) or the older plain list. Names come as on disk: modified UTF-7, levels joined by '.'. Broken lines are left
/// out.
std::vector<std::string> parse_subscriptions(std::string_view text);

} // namespace hearth::store
