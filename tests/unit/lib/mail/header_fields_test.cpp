// SPDX-License-Identifier: Apache-2.0
#include "mail/header_fields.hpp"

#include <doctest/doctest.h>

using namespace hearth::mail;

TEST_CASE("folding goes, blanks and tabs stay as they are") {
    CHECK(unfold(" one\r\n two\n\tthree\ttab ") == "one two\tthree\ttab");
    CHECK(unfold(std::string_view("a\0b\r", 4)) == "ab");
}

TEST_CASE("for who searches, a fold that begins with a tab is a blank; a tab within a line stays") {
    CHECK(unfold_for_search(" one\r\n two\n\tthree\ttab ") == "one two three\ttab");
    CHECK(unfold_for_search("\tone\r\n\t\ttwo") == "one \ttwo");
}
