// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace hearth::admin {

/// Does the whole of `text` match `mask`? '*' is any run of bytes, '?' one byte. Linear in text × mask.
bool matches_mask(std::string_view text, std::string_view mask);

/// Is it an address, or an address with "/bits", of IPv4 or IPv6?
bool is_net(std::string_view mask);
/// Is the address `ip` in `net`? False when either isn't one, or they are of different families.
bool in_net(std::string_view ip, std::string_view net);

} // namespace hearth::admin
