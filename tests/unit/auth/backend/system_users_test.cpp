// SPDX-License-Identifier: Apache-2.0
#include "backend/system_users.hpp"

#include <doctest/doctest.h>

using namespace hearth::auth;

TEST_CASE("root is a system user everywhere, and a nonsense name is nobody without being a fault") {
    const auto root = find_system_user("root");
    REQUIRE(root.has_value());
    REQUIRE(root->has_value());
    CHECK((**root).uid == 0);
    CHECK((**root).home == "/root");
    const auto nobody = find_system_user("no-such-user-on-any-system");
    REQUIRE(nobody.has_value());
    CHECK_FALSE(nobody->has_value());
}

TEST_CASE("ids are numbers as they stand or names that are looked up") {
    CHECK(*resolve_uid("4711") == 4711);
    CHECK(*resolve_uid("root") == 0);
    CHECK(*resolve_gid("root") == 0);
    CHECK(resolve_uid("no-such-user-on-any-system").has_error());
    CHECK(resolve_gid("no-such-group-on-any-system").has_error());
    CHECK(resolve_uid("4294967295").has_error()); // -1: "none" to the kernel
    CHECK(resolve_uid("4294967296").has_error());
}
