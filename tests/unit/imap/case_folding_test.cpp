// SPDX-License-Identifier: Apache-2.0
#include "case_folding.hpp"

#include <doctest/doctest.h>

using namespace hearth::imap;

TEST_CASE("letters of all scripts lose their case") {
    CHECK(fold_case("Hello") == fold_case("hELLO"));
    CHECK(fold_case("\xc3\x84\xc3\x96 \xce\xa9 \xd0\x96") == fold_case("\xc3\xa4\xc3\xb6 \xcf\x89 \xd0\xb6"));
    CHECK(fold_case("abc") != fold_case("abd"));
}

TEST_CASE("characters are decomposed, so that an accented letter begins with its base") {
    CHECK(fold_case("\xc3\xa4") == "A\xcc\x88"); // RFC 5051: title case first, then the parts
    CHECK(fold_case("A\xcc\x88") == fold_case("\xc3\xa4"));
    CHECK(fold_case("\xef\xac\x81") == fold_case("\xef\xac\x81")); // a ligature
    CHECK(fold_case("\xc7\x86") == fold_case("\xc7\x84"));         // dz with caron: small and capital meet in title case
    CHECK(fold_case("\xed\x95\x9c").size() == 9);                  // a Hangul syllable: three letters
}

TEST_CASE("bytes that are not UTF-8 stay") {
    CHECK(fold_case("a\xff"
                    "b\xc3") == "A\xff"
                                "B\xc3");
    CHECK(fold_case(std::string("a\0b", 3)) == std::string("A\0B", 3));
    CHECK(fold_case("\xe2\x82").size() == 2);
    CHECK(fold_case("\xed\xa0\x80").size() == 3); // half of a surrogate pair
}

TEST_CASE("folding what is folded changes nothing, and pieces make the whole") {
    for (const auto* text : {"Stra\xc3\x9f"
                             "e",
             "\xc4\xb0stanbul", "\xe1\xba\xa8", "a\xff\xc3"}) {
        const auto once = fold_case(text);
        CHECK(fold_case(once) == once);
        std::string pieces;
        append_folded(pieces, std::string_view(text).substr(0, 1));
        append_folded(pieces, std::string_view(text).substr(1));
        if ((static_cast<unsigned char>(text[0]) & 0x80) == 0) CHECK(pieces == once);
    }
}

TEST_CASE("substrings are found, the empty one everywhere") {
    CHECK(contains("abc", "bc"));
    CHECK(!contains("abc", "cb"));
    CHECK(contains("", ""));
    CHECK(!contains("", "a"));
}
