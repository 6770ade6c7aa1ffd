// SPDX-License-Identifier: Apache-2.0
#include "base/mask.hpp"

#include <doctest/doctest.h>

using namespace hearth;

TEST_CASE("a mask matches the whole text, * for any run and ? for any one byte") {
    for (const auto& [mask, text] : {std::pair{"*", ""}, {"*", "alice"}, {"alice", "alice"}, {"a*e", "alice"},
             {"*@example.com", "bob@example.com"}, {"?ob*", "bob@x"}, {"a**b?", "aXYbb"}, {"al?ce", "alice"}}) {
        CAPTURE(mask);
        CHECK(matches_mask(mask, text));
    }
    for (const auto& [mask, text] :
        {std::pair{"", "a"}, {"alice", "alicia"}, {"a?e", "alice"}, {"*b", "abc"}, {"al", "alice"}, {"?", ""}}) {
        CAPTURE(mask);
        CHECK_FALSE(matches_mask(mask, text));
    }
}

TEST_CASE("a mask of many stars takes no exponential time") {
    std::string mask;
    for (int i = 0; i < 60; ++i)
        mask += "a*";
    CHECK_FALSE(matches_mask(mask + "b", std::string(5000, 'a')));
}

TEST_CASE("networks contain what their bits say") {
    const auto net = Network::parse("192.0.2.64/26");
    REQUIRE(net);
    for (const auto* inside : {"192.0.2.64", "192.0.2.127"})
        CHECK(net->contains(inside));
    for (const auto* outside : {"192.0.2.128", "192.0.2.63", "::ffff", "", "x", "192.0.2", "::192.0.2.64"})
        CHECK_FALSE(net->contains(outside));
    CHECK(Network::parse("2001:db8::/33")->contains("2001:db8:7fff::1"));
    CHECK_FALSE(Network::parse("2001:db8::/33")->contains("2001:db8:8000::1"));
    CHECK(Network::parse("127.0.0.1")->contains("127.0.0.1"));
    CHECK_FALSE(Network::parse("127.0.0.1")->contains("127.0.0.2"));
    CHECK(Network::parse("0.0.0.0/0")->contains("8.8.8.8"));
    CHECK_FALSE(Network::parse("0.0.0.0/0")->contains("::1"));
    CHECK_FALSE(Network::parse("::/0")->contains("8.8.8.8"));
    for (const char* wrong : {"", "x", "1.2.3.4/33", "1.2.3.4/", "::/129", "1.2.3/8", "1.2.3.4/-1", "alice"})
        CHECK_FALSE(Network::parse(wrong));
}

TEST_CASE("IPv4 inside IPv6 is IPv4, in addresses and in networks") {
    CHECK(Network::parse("192.0.2.0/24")->contains("::ffff:192.0.2.9"));
    CHECK(Network::parse("::ffff:192.0.2.0/120")->contains("192.0.2.9"));
    CHECK_FALSE(Network::parse("::ffff:192.0.2.0/120")->contains("192.0.3.9"));
    CHECK(Network::parse("::ffff:0:0/96")->contains("198.51.100.1"));
    CHECK_FALSE(Network::parse("::/0")->contains("::ffff:192.0.2.9"));
}

TEST_CASE("an address mask is a mask, an address, or a network with bits") {
    CHECK(AddressMask::parse("192.0.2.*").value().matches("192.0.2.77"));
    CHECK(AddressMask::parse("192.0.2.77").value().matches("192.0.2.77"));
    CHECK(AddressMask::parse("192.0.2.0/24").value().matches("192.0.2.77"));
    CHECK_FALSE(AddressMask::parse("192.0.2.0/25").value().matches("192.0.2.129"));
    CHECK_FALSE(AddressMask::parse("192.0.2.0/24").value().matches("local"));
    CHECK(AddressMask::parse("l*l").value().matches("local"));
    for (const char* wrong : {"192.0.2.0/33", "alice/24", "192.0.2.0/"})
        CHECK(AddressMask::parse(wrong).has_error());
}
