// SPDX-License-Identifier: Apache-2.0
#include "mail/message_ids.hpp"

#include <doctest/doctest.h>

using namespace hearth::mail;

TEST_CASE("message ids are found between other text") {
    using Ids = std::vector<std::string>;
    CHECK(message_ids("<a@b> <c@d>") == Ids{"a@b", "c@d"});
    CHECK(message_ids("Your message of Monday <a@b> (was: <c@d>)") == Ids{"a@b", "c@d"});
    CHECK(message_ids("<a@b><c@d>") == Ids{"a@b", "c@d"});
    CHECK(message_ids("<a\r\n @b>") == Ids{"a@b"});
    CHECK(message_ids("<\"a b\"@c>") == Ids{"ab@c"});
    CHECK(message_ids("") == Ids{});
    CHECK(message_ids("a@b <nothing> <@x> <x@> <<x@y>") == Ids{"x@y"});
    CHECK(message_ids("<a@b") == Ids{});
    CHECK(message_ids("<" + std::string(1000, 'x') + "@y> <a@b>") == Ids{"a@b"});
}

TEST_CASE("of too many ids the last ones stay") {
    std::string value;
    for (int i = 0; i < 1000; ++i)
        value += "<" + std::to_string(i) + "@x>";
    const auto ids = message_ids(value);
    REQUIRE(ids.size() == references_max);
    CHECK(ids.front() == "900@x");
    CHECK(ids.back() == "999@x");
}
