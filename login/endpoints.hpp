// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

/// "192.0.2.0/24", "2001:db8::/32" or one address.
class Network {
public:
    static std::optional<Network> parse(std::string_view text);
    /// False also for what isn't an address.
    [[nodiscard]] bool contains(const std::string& ip) const;

private:
    std::array<std::uint8_t, 16> bytes_{};
    std::size_t size_ = 0; // 4 or 16
    std::size_t bits_ = 0;
};

bool is_in(const std::vector<Network>& networks, const std::string& ip);

} // namespace hearth::login
