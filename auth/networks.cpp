// SPDX-License-Identifier: Apache-2.0
#include "networks.hpp"
#include "base/mask.hpp"

#include <algorithm>

namespace hearth::auth {

bool is_in_networks(std::string_view ip, const std::vector<std::string>& networks) {
    return std::any_of(networks.begin(), networks.end(), [&](const std::string& text) {
        if (text == "local") return ip.empty();
        const auto network = Network::parse(text);
        return network && network->contains(ip);
    });
}

bool is_local(std::string_view remote_ip, std::string_view local_ip) {
    static const auto loopback_v4 = Network::parse("127.0.0.0/8"), loopback_v6 = Network::parse("::1");
    if (loopback_v4->contains(remote_ip) || loopback_v6->contains(remote_ip)) return true;
    const auto remote = Network::parse(remote_ip); // an address is a network of one
    return remote && remote->contains(local_ip) && remote_ip.find('/') == std::string_view::npos;
}

} // namespace hearth::auth
