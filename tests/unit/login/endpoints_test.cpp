// SPDX-License-Identifier: Apache-2.0
#include "endpoints.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace hearth::login;

namespace {

sockaddr_storage v6(const char* ip, std::uint16_t port) {
    sockaddr_storage result{};
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    REQUIRE(::inet_pton(AF_INET6, ip, &address.sin6_addr) == 1);
    std::memcpy(&result, &address, sizeof address);
    return result;
}

} // namespace

TEST_CASE("IPv4 inside IPv6 is written as IPv4") {
    CHECK(endpoints_of(-1, v6("::ffff:192.0.2.9", 1234)).remote_ip == "192.0.2.9");
    CHECK(endpoints_of(-1, v6("2001:db8::1", 1234)).remote_ip == "2001:db8::1");
    CHECK(endpoints_of(-1, v6("2001:db8::1", 1234)).remote_port == 1234);
}

TEST_CASE("a connection is local when both ends have the same address") {
    CHECK(Endpoints{"127.0.0.1", "127.0.0.1", 1, 2}.is_local());
    CHECK_FALSE(Endpoints{"127.0.0.2", "127.0.0.1", 1, 2}.is_local());
    CHECK_FALSE(Endpoints{}.is_local());
}

TEST_CASE("an address is looked for in all the networks") {
    const std::vector networks{*hearth::Network::parse("192.0.2.64/26"), *hearth::Network::parse("2001:db8::/32")};
    CHECK(is_in(networks, "192.0.2.64"));
    CHECK(is_in(networks, "2001:db8:ffff::1"));
    CHECK_FALSE(is_in(networks, "192.0.2.1"));
    CHECK_FALSE(is_in(networks, ""));
    CHECK_FALSE(is_in({}, "192.0.2.64"));
}
