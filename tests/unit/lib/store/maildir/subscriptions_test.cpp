// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/subscriptions.hpp"

#include <doctest/doctest.h>

using hearth::store::parse_subscriptions;
using Names = std::vector<std::string>;

TEST_CASE("version 2 has levels between tabs, and escapes") {
    CHECK(parse_subscriptions("V\t2\n\nINBOX\nArchive\t2024\nodd\001tname\n") ==
          Names{"INBOX", "Archive.2024", "odd\tname"});
}

TEST_CASE("the older list has plain names") {
    CHECK(parse_subscriptions("INBOX\nArchive.2024\n\nEntw&APw-rfe") == Names{"INBOX", "Archive.2024", "Entw&APw-rfe"});
}

TEST_CASE("an empty file has no subscriptions") {
    CHECK(parse_subscriptions("").empty());
    CHECK(parse_subscriptions("V\t2\n\n").empty());
}
