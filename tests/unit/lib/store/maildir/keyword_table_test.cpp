// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/keyword_table.hpp"

#include "store/store.hpp"

#include <doctest/doctest.h>

using hearth::store::KeywordTable;

TEST_CASE("letters become bits of the names in dovecot-keywords") {
    KeywordTable table;
    CHECK(table.update("0 $Forwarded\n2 Junk\n"));
    CHECK(table.names() == std::vector<std::string>{"$Forwarded", "Junk"});
    CHECK(table.bits(0b001) == 0b01);
    CHECK(table.bits(0b100) == 0b10);
    CHECK(table.bits(0b010) == 0);
}

TEST_CASE("a keyword keeps its bit when the file changes") {
    KeywordTable table;
    table.update("0 one\n1 two\n");
    CHECK(table.update("0 zero\n1 two\n"));
    CHECK(table.names() == std::vector<std::string>{"one", "two", "zero"});
    CHECK(table.bits(0b11) == 0b110);
    CHECK_FALSE(table.update("1 ZERO\n"));
    CHECK(table.bits(0b10) == 0b100);
}

TEST_CASE("broken lines and names that are no atoms are left out") {
    KeywordTable table;
    CHECK_FALSE(table.update("x\n\n26 late\n-1 a\n0\n0 \n1 a b\n2 (\n3 \xc3\xa4\n4 a\"\n"));
    CHECK(table.names().empty());
}

TEST_CASE("names are bounded by the bits of a row") {
    KeywordTable table;
    for (int round = 0; round < 5; ++round) {
        std::string text;
        for (int i = 0; i < 26; ++i)
            text += std::to_string(i) + " k" + std::to_string(round * 26 + i) + "\n";
        table.update(text);
    }
    CHECK(table.names().size() == hearth::store::keywords_max);
}

TEST_CASE("keywords get the free letters, and the text says which") {
    KeywordTable table;
    table.update("0 one\n2 three\n");
    CHECK(table.add("ONE") == 0);
    CHECK(table.add("four") == 2);
    CHECK(table.give_letter(2));
    CHECK_FALSE(table.give_letter(2));
    CHECK(table.text() == "0 one\n1 four\n2 three\n");
    CHECK(table.letters(0b101) == 0b011);
    CHECK(table.bits(0b011) == 0b101);
    CHECK_FALSE(table.add("no good").has_value());
    CHECK_FALSE(table.find("five").has_value());
}

TEST_CASE("the 27th keyword has no letter") {
    KeywordTable table;
    for (std::size_t i = 0; i < 30; ++i) {
        CHECK(table.add("k" + std::to_string(i)) == i);
        CHECK(table.give_letter(i) == (i < 26));
    }
    CHECK(table.lettered_bits() == (std::uint64_t{1} << 26) - 1);
    CHECK(table.letters(std::uint64_t{1} << 28) == 0);
    KeywordTable again;
    again.update(table.text());
    CHECK(again.names().size() == 26);
    CHECK(again.text() == table.text());
}
