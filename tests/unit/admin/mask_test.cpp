// SPDX-License-Identifier: Apache-2.0
#include "mask.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace hearth::admin;

TEST_CASE("a user mask knows * and ? and matches the whole name") {
    CHECK(matches_mask("alice", "alice"));
    CHECK(matches_mask("alice", "*"));
    CHECK(matches_mask("alice@example.org", "*@example.org"));
    CHECK(matches_mask("alice", "al?ce"));
    CHECK(matches_mask("", "*"));
    CHECK_FALSE(matches_mask("alice", "al"));
    CHECK_FALSE(matches_mask("alice", "?"));
    CHECK_FALSE(matches_mask("", "?"));
}

TEST_CASE("a mask of many stars is matched without trying all ways") {
    const std::string name(5000, 'a');
    std::string mask;
    for (int i = 0; i < 60; ++i) mask += "a*";
    CHECK_FALSE(matches_mask(name, mask + "b"));
}

TEST_CASE("nets of both families hold their addresses and no others") {
    CHECK(in_net("10.1.2.3", "10.0.0.0/8"));
    CHECK(in_net("10.1.2.3", "10.1.2.3"));
    CHECK_FALSE(in_net("11.1.2.3", "10.0.0.0/8"));
    CHECK(in_net("2001:db8::1", "2001:db8::/32"));
    CHECK_FALSE(in_net("2001:db9::1", "2001:db8::/32"));
    CHECK_FALSE(in_net("10.1.2.3", "::/0"));
    CHECK(in_net("10.1.2.3", "0.0.0.0/0"));
    CHECK_FALSE(is_net("alice"));
    CHECK_FALSE(is_net("10.0.0.0/33"));
}
