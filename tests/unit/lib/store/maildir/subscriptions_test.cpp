// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/subscriptions.hpp"

#include "disk_fixture.hpp"
#include "store/maildir/dotlock.hpp"

using namespace hearth;
using namespace hearth::store;
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

TEST_CASE("a change keeps the format and every other line") {
    CHECK(with_subscription("", "INBOX", true) == "V\t2\n\nINBOX\n");
    CHECK(with_subscription("V\t2\n\nA\tb\n", "A.c", true) == "V\t2\n\nA\tb\nA\tc\n");
    CHECK(with_subscription("V\t2\n\nA\tb\nodd\001tx\nC\n", "A.b", false) == "V\t2\n\nodd\001tx\nC\n");
    CHECK(with_subscription("A.b\nC\n", "D.e", true) == "A.b\nC\nD.e\n");
    CHECK(with_subscription("A.b\nC\n", "A.b", false) == "C\n");
    CHECK(with_subscription("A\nA\n", "A", true) == "A\n");
    CHECK(with_subscription("V\t2\n\n", "a/b.c", true, '/') == "V\t2\n\na\tb.c\n");
}

TEST_CASE("what is subscribed is read again, and unsubscribing undoes it") {
    for (const std::string format : {"", "V\t2\n\nx\n", "x\n"})
        for (const std::string name : {"INBOX", "a.b.c", "&APw-", "x y"}) {
            const auto on = with_subscription(format, name, true);
            const auto names = parse_subscriptions(on);
            CHECK(std::find(names.begin(), names.end(), name) != names.end());
            CHECK(with_subscription(on, name, true) == on);
            CHECK(parse_subscriptions(with_subscription(on, name, false)) == parse_subscriptions(format));
        }
}

TEST_CASE("the file is changed under its lock") {
    const Disk disk;
    REQUIRE(change_subscription(disk.at(), "subscriptions", "A.b", true).has_value());
    CHECK(disk.read("subscriptions") == "V\t2\n\nA\tb\n");
    {
        const auto lock = Dotlock::acquire(disk.at(), "subscriptions");
        REQUIRE(lock.has_value());
        CHECK(change_subscription(disk.at(), "subscriptions", "C", true).error() == make_error_code(Error::busy));
    }
    REQUIRE(change_subscription(disk.at(), "subscriptions", "A.b", false).has_value());
    CHECK(disk.read("subscriptions") == "V\t2\n\n");
    CHECK(disk.names("") == std::set<std::string>{"subscriptions"});
}

TEST_CASE("unsubscribing from nothing makes no file") {
    const Disk disk;
    REQUIRE(change_subscription(disk.at(), "subscriptions", "A", false).has_value());
    CHECK(disk.names("").empty());
}
