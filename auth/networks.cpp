// SPDX-License-Identifier: Apache-2.0
#include "networks.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <optional>

namespace hearth::auth {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> parse_address(std::string_view text) {
    boost::system::error_code error;
    const auto address = ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

bool contains(const std::string& network, const ip::address& address) {
    boost::system::error_code error;
    if (network.find('/') == std::string::npos) {
        const auto single = parse_address(network);
        return single && *single == address;
    }
    if (address.is_v4()) {
        const auto range = ip::make_network_v4(network, error);
        return !error && ip::network_v4(address.to_v4(), range.prefix_length()).canonical() == range.canonical();
    }
    const auto range = ip::make_network_v6(network, error);
    return !error && ip::network_v6(address.to_v6(), range.prefix_length()).canonical() == range.canonical();
}

} // namespace

bool is_in_networks(std::string_view client, const std::vector<std::string>& networks) {
    const auto address = parse_address(client);
    for (const auto& network : networks) {
        if (network == "local" ? client.empty() : address && contains(network, *address)) return true;
    }
    return false;
}

bool is_local(std::string_view remote_ip, std::string_view local_ip) {
    const auto remote = parse_address(remote_ip);
    if (!remote) return false;
    const auto local = parse_address(local_ip);
    return remote->is_loopback() || (local && *local == *remote);
}

} // namespace hearth::auth
