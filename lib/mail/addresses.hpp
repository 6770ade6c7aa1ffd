// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <string_view>
#include <vector>

namespace hearth::mail {

/// What one kind of address field may hold before the rest is left out of the envelope; about 8,000 recipients.
constexpr std::size_t address_bytes_max = 256 * 1024;

/// The addresses of an unfolded field value, several fields joined by commas, as ENVELOPE lists them: a group is its
/// start, its members, its end. An address without domain gets the host "MISSING_DOMAIN" as in Dovecot, because no host
/// would make it a group. RFC 2047 words stay encoded. Never fails: what is no address is left out.
std::vector<Address> parse_addresses(std::string_view unfolded);

} // namespace hearth::mail
