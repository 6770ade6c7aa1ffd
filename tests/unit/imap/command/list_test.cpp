// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

// INBOX, Archive/2023 (Archive isn't there), Sent, Work, Work/Deep/Down, a subscription to a name that is gone.
void furnish(FakeAccount& account) {
    account.inbox().info.subscribed = true;
    account.add("Archive/2023");
    auto& sent = account.add("Sent").info;
    sent.special_use = "\\Sent";
    sent.subscribed = true;
    auto& work = account.add("Work").info;
    work.has_children = true;
    auto& deep = account.add("Work/Deep").info;
    deep.has_children = true;
    deep.selectable = false;
    account.add("Work/Deep/Down").info.subscribed = true;
    auto& gone = account.add("Gone").info;
    gone.exists = false;
    gone.subscribed = true;
}

std::string list(std::string_view command) {
    FakeAccount account;
    furnish(account);
    auto output = talk(account, "1 " + std::string(command) + "\r\n");
    const auto end = output.rfind("1 OK ");
    return end == std::string::npos ? output : output.substr(0, end);
}

} // namespace

TEST_CASE("LIST * names everything there is, and parents that are missing") {
    CHECK(list("LIST \"\" *") == "* LIST (\\Noselect \\HasChildren) \"/\" Archive\r\n"
                                 "* LIST (\\HasNoChildren) \"/\" Archive/2023\r\n"
                                 "* LIST (\\HasNoChildren) \"/\" INBOX\r\n"
                                 "* LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n"
                                 "* LIST (\\HasChildren) \"/\" Work\r\n"
                                 "* LIST (\\Noselect \\HasChildren) \"/\" Work/Deep\r\n"
                                 "* LIST (\\HasNoChildren) \"/\" Work/Deep/Down\r\n");
}

TEST_CASE("LIST % stays on one level") {
    CHECK(list("LIST \"\" %") ==
          "* LIST (\\Noselect \\HasChildren) \"/\" Archive\r\n* LIST (\\HasNoChildren) \"/\" INBOX\r\n"
          "* LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n* LIST (\\HasChildren) \"/\" Work\r\n");
    CHECK(list("LIST Work/ %") == "* LIST (\\Noselect \\HasChildren) \"/\" Work/Deep\r\n");
    CHECK(list("LIST \"\" Work/%/%") == "* LIST (\\HasNoChildren) \"/\" Work/Deep/Down\r\n");
}

TEST_CASE("LIST of an empty pattern tells the separator") {
    CHECK(list("LIST \"\" \"\"") == "* LIST (\\Noselect) \"/\" \"\"\r\n");
    CHECK(list("LSUB \"\" \"\"") == "* LSUB (\\Noselect) \"/\" \"\"\r\n");
}

TEST_CASE("INBOX matches in any case, other names don't") {
    CHECK(list("LIST \"\" inbox") == "* LIST (\\HasNoChildren) \"/\" INBOX\r\n");
    CHECK(list("LIST \"\" i%x") == "* LIST (\\HasNoChildren) \"/\" INBOX\r\n");
    CHECK(list("LIST \"\" sent") == "");
}

TEST_CASE("LIST with selection and return options") {
    CHECK(list("LIST (SUBSCRIBED) \"\" *") == "* LIST (\\NonExistent \\HasNoChildren \\Subscribed) \"/\" Gone\r\n"
                                              "* LIST (\\HasNoChildren \\Subscribed) \"/\" INBOX\r\n"
                                              "* LIST (\\HasNoChildren \\Subscribed \\Sent) \"/\" Sent\r\n"
                                              "* LIST (\\HasNoChildren \\Subscribed) \"/\" Work/Deep/Down\r\n");
    CHECK(list("LIST (SPECIAL-USE) \"\" *") == "* LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n");
    CHECK(list("LIST \"\" (INBOX Sent) RETURN (SUBSCRIBED)") ==
          "* LIST (\\HasNoChildren \\Subscribed) \"/\" INBOX\r\n* LIST (\\HasNoChildren \\Subscribed \\Sent) \"/\" "
          "Sent\r\n");
}

TEST_CASE("RECURSIVEMATCH tells parents of what is hidden below them") {
    CHECK(list("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" W%") ==
          "* LIST (\\HasChildren) \"/\" Work (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n");
    CHECK(list("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" Work*") ==
          "* LIST (\\HasNoChildren \\Subscribed) \"/\" Work/Deep/Down\r\n");
}

TEST_CASE("LIST with STATUS tells the counts of what can be selected") {
    CHECK(list("LIST \"\" (INBOX Work/Deep) RETURN (STATUS (MESSAGES UIDNEXT))") ==
          "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 0 UIDNEXT 1)\r\n* LIST (\\Noselect "
          "\\HasChildren) \"/\" Work/Deep\r\n");
}

TEST_CASE("LSUB tells subscriptions, and for % the parents of hidden ones") {
    CHECK(
        list("LSUB \"\" *") ==
        "* LSUB () \"/\" Gone\r\n* LSUB () \"/\" INBOX\r\n* LSUB () \"/\" Sent\r\n* LSUB () \"/\" Work/Deep/Down\r\n");
    CHECK(list("LSUB \"\" W%") == "* LSUB (\\Noselect) \"/\" Work\r\n");
}

TEST_CASE("names travel in modified UTF-7") {
    FakeAccount account;
    account.add("Entw\xc3\xbcrfe & mehr");
    CHECK(talk(account, "1 LIST \"\" Entw&APw-*\r\n") ==
          "* LIST (\\HasNoChildren) \"/\" \"Entw&APw-rfe &- mehr\"\r\n1 OK List completed.\r\n");
}

TEST_CASE("LIST refuses what it doesn't know") {
    CHECK(list("LIST (FOO) \"\" *") == "1 BAD LIST: Unknown LIST selection option\r\n");
    CHECK(list("LIST \"\"") == "1 BAD LIST: Missing arguments\r\n");
    CHECK(list("LIST (RECURSIVEMATCH) \"\" *") ==
          "1 BAD LIST: RECURSIVEMATCH needs SUBSCRIBED or SPECIAL-USE beside it\r\n");
}

TEST_CASE("a pattern of 64 wildcards costs little") {
    FakeAccount account;
    account.add(std::string(200, 'a'));
    std::string pattern;
    for (int i = 0; i < 64; ++i)
        pattern += "*a";
    CHECK(talk(account, "1 LIST \"\" " + pattern + "b\r\n") == "1 OK List completed.\r\n");
}
