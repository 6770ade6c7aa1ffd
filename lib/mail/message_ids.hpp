// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth::mail {

/// Message ids of one header field that are remembered: of more, the last ones, nearest to the message.
constexpr std::size_t references_max = 100;
/// A line of mail has at most 998 bytes (RFC 5322 section 2.1.1): a longer id is none.
constexpr std::size_t message_id_bytes_max = 998;

/// The ids "<left@right>" of a field value, in their order, without the brackets. Blanks in them, which folding leaves
/// behind, are dropped; other text is skipped (RFC 5256 section 3, "valid Message ID"). Linear.
std::vector<std::string> message_ids(std::string_view value);

} // namespace hearth::mail
