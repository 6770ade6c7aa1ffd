// SPDX-License-Identifier: Apache-2.0
#include "mask.hpp"

#include <doctest/doctest.h>

using hearth::anvil::AddressMask;
using hearth::anvil::matches;

TEST_CASE("a mask matches with * for any run and ? for any one character") {
    CHECK(matches("*", ""));
    CHECK(matches("*", "alice"));
    CHECK(matches("alice", "alice"));
    CHECK(matches("a*e", "alice"));
    CHECK(matches("*@example.com", "bob@example.com"));
    CHECK(matches("?ob*", "bob@x"));
    CHECK(matches("a**b?", "aXYbb"));
    CHECK_FALSE(matches("", "a"));
    CHECK_FALSE(matches("alice", "alicia"));
    CHECK_FALSE(matches("a?e", "alice"));
    CHECK_FALSE(matches("*b", "abc"));
}

TEST_CASE("a mask of many stars takes no exponential time") {
    CHECK_FALSE(matches("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(2000, 'a')));
}

TEST_CASE("an address mask is a mask, an address, or a network with bits") {
    CHECK(AddressMask::parse("192.0.2.*").value().matches("192.0.2.77"));
    CHECK(AddressMask::parse("192.0.2.0/24").value().matches("192.0.2.77"));
    CHECK_FALSE(AddressMask::parse("192.0.2.0/25").value().matches("192.0.2.129"));
    CHECK(AddressMask::parse("0.0.0.0/0").value().matches("203.0.113.9"));
    CHECK_FALSE(AddressMask::parse("0.0.0.0/0").value().matches("::1"));
    CHECK(AddressMask::parse("2001:db8::/33").value().matches("2001:db8:7fff::1"));
    CHECK_FALSE(AddressMask::parse("2001:db8::/33").value().matches("2001:db8:8000::1"));
    CHECK_FALSE(AddressMask::parse("192.0.2.0/24").value().matches("local"));
    CHECK(AddressMask::parse("192.0.2.0/33").has_error());
    CHECK(AddressMask::parse("alice/24").has_error());
    CHECK(AddressMask::parse("192.0.2.0/").has_error());
}
