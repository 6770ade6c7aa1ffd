// SPDX-License-Identifier: Apache-2.0
// What administrators write to mean several users or addresses: masks with * and ?, networks as 192.0.2.0/24.
#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth {

/// Does the whole of `text` match `mask`, in which `*` is any run of bytes and `?` any one? Takes time by the product
/// of the lengths at most, however many stars there are.
bool matches_mask(std::string_view mask, std::string_view text);

/// "192.0.2.0/24", "2001:db8::/32", or one address. IPv4 inside IPv6 (::ffff:192.0.2.7) is the same as IPv4, in
/// networks and in addresses: how a socket was opened says nothing about who is on it.
class Network {
public:
    /// Nothing if it is no address and no network.
    static std::optional<Network> parse(std::string_view text);
    /// False also for what isn't an address; a network holds addresses of its own family only.
    [[nodiscard]] bool contains(std::string_view ip) const;

private:
    std::array<std::uint8_t, 16> bytes_{}; // in network order
    std::size_t size_ = 0;                 // 4 or 16
    std::size_t bits_ = 0;                 // of them count
};

/// Which client addresses are meant: a mask, an address, or a network.
class AddressMask {
public:
    static Checked<AddressMask> parse(std::string_view text);
    [[nodiscard]] bool matches(std::string_view address) const;

private:
    std::string mask_;
    std::optional<Network> network_; // if there is one, mask_ doesn't count
};

} // namespace hearth
