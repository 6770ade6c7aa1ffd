// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

/// The message ids in a header that threads are made of: its own, that of In-Reply-To, those of References from the
/// nearest ancestor to the farthest (RFC 5322 section 3.6.4). At most 64, none twice; what isn't in angle brackets is
/// left out. Pure.
std::vector<std::string> header_message_ids(std::string_view header);

} // namespace hearth::store
