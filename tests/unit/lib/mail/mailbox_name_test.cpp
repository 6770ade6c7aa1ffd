// SPDX-License-Identifier: Apache-2.0
#include "mail/mailbox_name.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

using namespace hearth::mail;

TEST_CASE("modified UTF-7 has the spellings of RFC 3501") {
    CHECK(to_mutf7("~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e") ==
          "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
    CHECK(to_mutf7("Entw\xc3\xbcrfe") == "Entw&APw-rfe");
    CHECK(to_mutf7("a&b") == "a&-b");
    CHECK(to_mutf7("\xf0\x9f\x98\x80") == "&2D3eAA-");
    CHECK(to_mutf7("plain") == "plain");
}

TEST_CASE("decoding gives back what was encoded") {
    const std::array<std::string, 9> pieces{
        "a", "&", "-", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "/", " ", "\x7f"};
    std::mt19937 random(1);
    for (int round = 0; round < 2000; ++round) {
        std::string name;
        for (unsigned i = 0, count = static_cast<unsigned>(random() % 12); i < count; ++i)
            name += pieces[random() % pieces.size()];
        CHECK(from_mutf7(to_mutf7(name)) == name);
    }
}

TEST_CASE("only one spelling of a name is accepted") {
    for (const auto* text : {"&", "&AOQ", "&A-", "&AGE-", "&AOQ-&AOQ-", "&AOR-", "\xc3\xa4", "&!!-", "&2D0-", "&3gA-",
             "&3gDYPQ-", "a\nb", "&AAAAAAA-x&"})
        CHECK_MESSAGE(!from_mutf7(text), text);
}

TEST_CASE("bytes that are not UTF-8 are encoded as the replacement character") {
    CHECK(from_mutf7(to_mutf7("\xff")) == "\xef\xbf\xbd");
    CHECK(from_mutf7(to_mutf7("\xc3")) == "\xef\xbf\xbd");
    CHECK(from_mutf7(to_mutf7("\xed\xa0\x80")) == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("LIST patterns: star crosses the hierarchy, percent stays in its level") {
    CHECK(matches_pattern("a/b/c", "*", '/'));
    CHECK(matches_pattern("a/b/c", "a/*", '/'));
    CHECK(matches_pattern("a/b/c", "a*c", '/'));
    CHECK(matches_pattern("a/b", "%/%", '/'));
    CHECK(matches_pattern("a", "%", '/'));
    CHECK(matches_pattern("", "*", '/'));
    CHECK(matches_pattern("", "%", '/'));
    CHECK(matches_pattern("", "", '/'));
    CHECK(matches_pattern("a.b", "%", '/'));
    CHECK_FALSE(matches_pattern("a.b", "%", '.'));
    CHECK_FALSE(matches_pattern("a/b/c", "%", '/'));
    CHECK_FALSE(matches_pattern("a/b/c", "a/%", '/'));
    CHECK_FALSE(matches_pattern("a", "", '/'));
    CHECK_FALSE(matches_pattern("a", "A", '/'));
    CHECK_FALSE(matches_pattern("ab", "a", '/'));
}

TEST_CASE("a pattern made to explode ends") {
    std::string pattern, name(2000, 'a');
    for (int i = 0; i < 500; ++i)
        pattern += "*a%";
    CHECK_FALSE(matches_pattern(name + "b", pattern + "c", '/'));
    CHECK(matches_pattern(name, pattern, '/'));
}
