// SPDX-License-Identifier: Apache-2.0
#include "networks.hpp"

#include <doctest/doctest.h>

using namespace hearth::auth;

TEST_CASE("addresses are found in networks of their family") {
    const std::vector<std::string> networks{"192.0.2.0/24", "198.51.100.7", "2001:db8::/32", "::1"};
    for (const auto* ip : {"192.0.2.0", "192.0.2.255", "198.51.100.7", "2001:db8:ffff::1", "::1", "::ffff:192.0.2.9"}) {
        CAPTURE(ip);
        CHECK(is_in_networks(ip, networks));
    }
    for (const auto* ip : {"192.0.3.0", "198.51.100.8", "2001:db9::1", "::2", "", "nonsense", "192.0.2"}) {
        CAPTURE(ip);
        CHECK_FALSE(is_in_networks(ip, networks));
    }
}

TEST_CASE("what isn't a network matches nobody, and local means no address") {
    CHECK_FALSE(is_in_networks("192.0.2.1", {"192.0.2.0/33", "x/24", "", "192.0.2.1/"}));
    CHECK_FALSE(is_in_networks("192.0.2.1", {}));
    CHECK(is_in_networks("", {"local"}));
    CHECK_FALSE(is_in_networks("192.0.2.1", {"local"}));
    CHECK(is_in_networks("192.0.2.1", {"0.0.0.0/0"}));
}

TEST_CASE("local is loopback, or the same address at both ends") {
    CHECK(is_local("127.0.0.1", "192.0.2.1"));
    CHECK(is_local("127.8.8.8", ""));
    CHECK(is_local("::1", "::1"));
    CHECK(is_local("192.0.2.1", "192.0.2.1"));
    CHECK(is_local("::ffff:127.0.0.1", ""));
    CHECK_FALSE(is_local("192.0.2.1", "192.0.2.2"));
    CHECK_FALSE(is_local("", ""));
    CHECK_FALSE(is_local("x", "x"));
}
