// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hearth::auth {

/// Is this address in one of the networks ("192.0.2.7", "192.0.2.0/24", "2001:db8::/32")? "local" stands for a client
/// without an address. IPv4 inside IPv6 (::ffff:192.0.2.7) counts as IPv4. What isn't an address or a network matches
/// nothing: whoever narrows with it narrows to nobody.
bool is_in_networks(std::string_view ip, const std::vector<std::string>& networks);

/// The client is on this machine: loopback, or both ends have the same address.
bool is_local(std::string_view remote_ip, std::string_view local_ip);

} // namespace hearth::auth
