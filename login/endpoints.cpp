// SPDX-License-Identifier: Apache-2.0
#include "endpoints.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace hearth::login {
namespace {

void read_address(const sockaddr_storage& address, std::string& ip, std::uint16_t& port) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        if (::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text) != nullptr) ip = text;
        port = ntohs(v4.sin_port);
    } else if (address.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        const void* bytes = &v6.sin6_addr;
        const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
        if (mapped) bytes = v6.sin6_addr.s6_addr + 12;
        if (::inet_ntop(mapped ? AF_INET : AF_INET6, bytes, text, sizeof text) != nullptr) ip = text;
        port = ntohs(v6.sin6_port);
    }
}

} // namespace

Endpoints endpoints_of(int fd, const sockaddr_storage& peer) {
    Endpoints result;
    read_address(peer, result.remote_ip, result.remote_port);
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0)
        read_address(own, result.local_ip, result.local_port);
    return result;
}

bool is_in(const std::vector<Network>& networks, const std::string& ip) {
    return std::any_of(networks.begin(), networks.end(), [&](const Network& network) { return network.contains(ip); });
}

} // namespace hearth::login
