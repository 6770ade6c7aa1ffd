// SPDX-License-Identifier: Apache-2.0
#include "protocol/limits.hpp"
#include "username.hpp"

#include <doctest/doctest.h>
#include <random>

using namespace hearth::auth;

TEST_CASE("user names become lower case by default, whatever the client typed") {
    const UsernameRules rules;
    CHECK(*canonical_user("Alice", rules) == "alice");
    CHECK(*canonical_user("ALICE@Example.ORG", rules) == "alice@example.org");
}

TEST_CASE("names that could lead elsewhere are refused") {
    const UsernameRules rules;
    for (const auto* name : {"", "a/b", "../x", ".", "..", "..@example.org", "alice@..", "al ice", "alice\n", "al%ice",
             "al:ice", "älice", "a\\b"}) {
        CAPTURE(name);
        CHECK_FALSE(canonical_user(name, rules).has_value());
    }
    CHECK_FALSE(canonical_user(std::string("al\0ice", 6), rules).has_value());
    CHECK_FALSE(canonical_user(std::string(hearth::protocol::user_bytes_max + 1, 'a'), rules).has_value());
    CHECK(canonical_user(std::string(hearth::protocol::user_bytes_max, 'a'), rules).has_value());
}

TEST_CASE("with all characters allowed, path separators, control bytes and broken UTF-8 still aren't") {
    UsernameRules rules;
    rules.chars = "";
    CHECK(*canonical_user("älice müller+tag", rules) == "älice müller+tag");
    for (const auto* name : {"a/b", "a\\b", "a\nb", "a\x7f", "\xff\xfe", ".."}) {
        CAPTURE(name);
        CHECK_FALSE(canonical_user(name, rules).has_value());
    }
}

TEST_CASE("default realm, translation and format are applied in that order") {
    UsernameRules rules;
    rules.default_realm = "Example.org";
    rules.translation = "#@/@";
    CHECK(*canonical_user("alice", rules) == "alice@example.org");
    CHECK(*canonical_user("alice@other.net", rules) == "alice@other.net");
    rules.default_realm = "";
    CHECK(*canonical_user("alice#example.org", rules) == "alice@example.org");
    rules.format = "%Ln";
    CHECK(*canonical_user("Alice@example.org", rules) == "alice");
    CHECK_FALSE(canonical_user("@example.org", rules).has_value());
    rules.format = "%q";
    CHECK(canonical_user("alice", rules).error().text.find("auth_username_format") != std::string::npos);
}

TEST_CASE("a canonical name stays as it is, and never holds a byte that paths or logs could misread") {
    std::mt19937_64 random(20241122);
    const std::string alphabet = "abAB.@-_/%\\ :\n\xc3\xa9.";
    UsernameRules open;
    open.chars = "";
    const UsernameRules strict;
    int accepted = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string name;
        for (auto n = random() % 8; n > 0; --n)
            name += alphabet[random() % alphabet.size()];
        for (const UsernameRules* rules : {static_cast<const UsernameRules*>(&open), &strict}) {
            const auto once = canonical_user(name, *rules);
            if (!once) continue;
            ++accepted;
            CHECK(*canonical_user(*once, *rules) == *once);
            CHECK(once->find_first_of(std::string_view("/\\\n\0", 4)) == std::string::npos);
            CHECK(*once != "..");
        }
    }
    CHECK(accepted > 1000);
}
