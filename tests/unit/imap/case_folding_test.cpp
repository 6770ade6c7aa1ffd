// SPDX-License-Identifier: Apache-2.0
#include "case_folding.hpp"

#include <doctest/doctest.h>

using namespace hearth::imap;

TEST_CASE("letters of all scripts lose their case") {
    CHECK(fold_case("Hello") == "hello");
    CHECK(fold_case("\xc3\x84\xc3\x96 \xce\xa9 \xd0\x96") == "\xc3\xa4\xc3\xb6 \xcf\x89 \xd0\xb6");
}

TEST_CASE("bytes that are not UTF-8 stay") {
    CHECK(fold_case("A\xff"
                    "B\xc3") == "a\xff"
                                "b\xc3");
    CHECK(fold_case(std::string("A\0B", 3)) == std::string("a\0b", 3));
    CHECK(fold_case("\xe2\x82").size() == 2);
}

TEST_CASE("substrings are found, the empty one everywhere") {
    CHECK(contains("abc", "bc"));
    CHECK(!contains("abc", "cb"));
    CHECK(contains("", ""));
    CHECK(!contains("", "a"));
}
