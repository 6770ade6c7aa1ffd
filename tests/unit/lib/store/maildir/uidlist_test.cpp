// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/uidlist.hpp"

#include <doctest/doctest.h>

using namespace hearth::store;

namespace {

const std::string sample = "3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1 Xkept\n"
                           "25006 :1276528487.M364837P9451.kurkku,S=1355,W=1394:2,\n"
                           "25017 W2481 Gabc Zodd :1276533073.M242911P3632.kurkku:2,F\n";

} // namespace

TEST_CASE("a uidlist as Dovecot writes it is read") {
    const auto list = Uidlist::parse(sample);
    REQUIRE(list.has_value());
    CHECK(list->uidvalidity == 1275660208);
    CHECK(list->uidnext == 25022);
    CHECK(list->guid == "3085f01b7f11094c501100008c4a11c1");
    CHECK(list->extensions == "Xkept");
    REQUIRE(list->records.size() == 2);
    CHECK(list->records[0].uid == 25006);
    CHECK(list->records[0].base == "1276528487.M364837P9451.kurkku,S=1355,W=1394");
    CHECK(list->records[1].extension('W') == "2481");
    CHECK(list->records[1].extension('G') == "abc");
    CHECK_FALSE(list->records[1].extension('S'));
    CHECK(list->records[1].extensions == "W2481 Gabc Zodd");
    CHECK(list->appendable());
}

TEST_CASE("what was read is written unchanged, without flags") {
    auto list = Uidlist::parse(sample).value();
    CHECK(list.text() == "3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1 Xkept\n"
                         "25006 :1276528487.M364837P9451.kurkku,S=1355,W=1394\n"
                         "25017 W2481 Gabc Zodd :1276533073.M242911P3632.kurkku\n");
    CHECK(Uidlist::parse(list.text()).value() == list);
    list.add("new");
    CHECK(list.records.back().line() == "25022 :new\n");
    CHECK(list.uidnext == 25023);
}

TEST_CASE("appended lines raise the next UID above the header's") {
    CHECK(Uidlist::parse("3 V1 N2 G00000000000000000000000000000000\n7 :a\n")->uidnext == 8);
}

TEST_CASE("version 1 is read but not appended to") {
    const auto list = Uidlist::parse("1 1000 5\n1 a:2,S\n4 b\n");
    REQUIRE(list.has_value());
    CHECK(list->uidvalidity == 1000);
    CHECK(list->records[1].base == "b");
    CHECK_FALSE(list->appendable());
}

TEST_CASE("a torn last line is left out and told") {
    const auto list = Uidlist::parse("3 V1 N2 G00000000000000000000000000000000\n1 :a\n2 :b");
    REQUIRE(list.has_value());
    CHECK(list->records.size() == 1);
    CHECK(list->torn);
    CHECK_FALSE(list->appendable());
}

TEST_CASE("what isn't a uidlist is refused with the line") {
    const std::string header = "3 V1 N2 G00000000000000000000000000000000\n";
    for (const std::string& text : {std::string(), std::string("\n"), std::string("garbage\n"),
             std::string("2 V1 N2\n"), std::string("3 V1\n"), std::string("3 N2\n"), std::string("3 V0 N2\n"),
             std::string("3 V1 N0\n"), std::string("3 Vx N2\n"), std::string("3 V1 N2 Gshort\n"),
             std::string("3 V1 N2 G00000000000000000000000000000000"), header + "x :a\n", header + "1\n",
             header + "1 \n", header + "1 W2\n", header + "1 :\n", header + "1 ::2,S\n", header + "1 :a/b\n",
             header + "0 :a\n", header + "4294967295 :a\n", header + "2 :a\n1 :b\n", header + "1 :a\n1 :b\n",
             header + std::string("1 :a\0b\n", 7), header + std::string(100, '\0') + "\n", header + "\n"})
        CHECK_MESSAGE(!Uidlist::parse(text), text);
    CHECK(Uidlist::parse(header + "1 :a\nx\n").error().text.starts_with("line 3"));
}
