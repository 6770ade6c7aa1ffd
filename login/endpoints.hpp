// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/mask.hpp"

#include <cstdint>
#include <string>
#include <vector>

struct sockaddr_storage;

namespace hearth::login {

/// Both ends of a client's connection. Addresses are text; IPv4 inside IPv6 (::ffff:1.2.3.4) is written as IPv4.
struct Endpoints {
    std::string remote_ip, local_ip;
    std::uint16_t remote_port = 0, local_port = 0;
    /// The connection never leaves this machine.
    [[nodiscard]] bool is_local() const { return !remote_ip.empty() && remote_ip == local_ip; }
};

/// Of the accepted socket `fd`, whose peer accept() told; empty texts where the kernel has no internet address.
Endpoints endpoints_of(int fd, const sockaddr_storage& peer);

/// Is the address in one of them?
bool is_in(const std::vector<Network>& networks, const std::string& ip);

} // namespace hearth::login
