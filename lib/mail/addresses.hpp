// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::mail {

/// What one kind of address field may hold before the rest is left out of the envelope; about 8,000 recipients.
constexpr std::size_t address_bytes_max = 256 * 1024;

/// The addresses of an unfolded field value, several fields joined by commas, as ENVELOPE lists them: a group is its
/// start, its members, its end. An address without domain gets the host "MISSING_DOMAIN" as in Dovecot, because no host
/// would make it a group. RFC 2047 words stay encoded. Never fails: what is no address is left out.
std::vector<Address> parse_addresses(std::string_view unfolded);

/// The addresses of an unfolded field as an ENVELOPE has them, "Name <local@host>" with commas between, for who looks
/// for a string in them (RFC 9051 section 6.4.4). Nothing when they stand so in the field itself, which costs less to
/// see than to parse. RFC 2047 words stay encoded.
std::optional<std::string> canonical_addresses(std::string_view unfolded);

} // namespace hearth::mail
