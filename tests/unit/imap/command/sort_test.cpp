// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/imap/transcript.hpp"

#include "store/memory_account.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

struct Mail : store::MemoryAccount {
    Mail() {
        auto& inbox = folder("INBOX");
        inbox.deliver("From: Zoe <bob@x>\nTo: dave@y\nSubject: Re: beta\nDate: Wed, 1 Jan 2020 12:00:00 +0500\n\n1234567890\n",
            {}, 300);
        inbox.deliver("From: alice@x\nTo: Carl <erin@y>\nCc: q@z\nSubject: Alpha\nDate: Wed, 1 Jan 2020 08:00:00 +0000\n\n",
            {}, 200);
        inbox.uidnext = 10;
        inbox.deliver("From: =?utf-8?q?=C3=89mile?= <carl@x>\nTo: anna@y\nSubject: =?utf-8?q?=C3=84pfel?=\n\nxx\n", {},
            1577865600 + 1);
    }
};

std::string sort(std::string_view command) {
    Mail account;
    const auto output = talk_selected(account, "1 " + std::string(command) + "\r\n");
    return output.starts_with("* SORT") ? output.substr(6, output.find('\r') - 6) : output;
}

} // namespace

TEST_CASE("SORT by each criterion") {
    CHECK(sort("SORT (ARRIVAL) UTF-8 ALL") == " 2 1 3");
    CHECK(sort("SORT (DATE) UTF-8 ALL") == " 1 2 3"); // in UTC; without Date by arrival
    CHECK(sort("SORT (FROM) UTF-8 ALL") == " 2 1 3");
    CHECK(sort("SORT (TO) UTF-8 ALL") == " 3 1 2");
    CHECK(sort("SORT (CC) UTF-8 ALL") == " 1 3 2");
    CHECK(sort("SORT (SUBJECT) UTF-8 ALL") == " 2 3 1"); // Alpha, Äpfel, beta
    CHECK(sort("SORT (SIZE) UTF-8 ALL") == " 3 2 1");
    CHECK(sort("SORT (DISPLAYFROM) UTF-8 ALL") == " 2 3 1");
    CHECK(sort("SORT (DISPLAYTO) UTF-8 ALL") == " 3 2 1");
    CHECK(sort("SORT (REVERSE ARRIVAL) UTF-8 ALL") == " 3 1 2");
}

TEST_CASE("SORT by several criteria, ties in the order of the mailbox") {
    store::MemoryAccount account;
    for (const auto* subject : {"b", "a", "Re: b", "A", "b"})
        account.folder("INBOX").deliver("Subject: " + std::string(subject) + "\n\n", {}, 0);
    CHECK(talk_selected(account, "1 SORT (SUBJECT) UTF-8 ALL\r\n2 SORT (SUBJECT REVERSE SIZE) UTF-8 ALL\r\n3 SORT "
                                 "(REVERSE SUBJECT) UTF-8 ALL\r\n") ==
          "* SORT 2 4 1 3 5\r\n1 OK Sort completed.\r\n* SORT 2 4 3 1 5\r\n2 OK Sort completed.\r\n* SORT 1 3 5 2 4\r\n3 OK "
          "Sort completed.\r\n");
}

TEST_CASE("SORT sorts what the keys find; UID SORT tells UIDs") {
    CHECK(sort("UID SORT (ARRIVAL) UTF-8 ALL") == " 2 1 10");
    CHECK(sort("SORT (ARRIVAL) UTF-8 SUBJECT beta") == " 1");
    CHECK(sort("SORT (ARRIVAL) UTF-8 DELETED") == "");
    CHECK(sort("SORT (SUBJECT) KLINGON ALL").starts_with("1 NO [BADCHARSET"));
    CHECK(sort("SORT (FOO) UTF-8 ALL") == "1 BAD SORT: Unknown sort criterion\r\n");
}

TEST_CASE("SORT RETURN tells what was asked for, in sorted order") {
    CHECK(sort("UID SORT RETURN (MIN MAX COUNT ALL) (ARRIVAL) UTF-8 ALL") ==
          "* ESEARCH (TAG \"1\") UID MIN 2 MAX 10 ALL 2,1,10 COUNT 3\r\n1 OK Sort completed.\r\n");
    CHECK(sort("SORT RETURN () (REVERSE SIZE) UTF-8 ALL") == "* ESEARCH (TAG \"1\") ALL 1:3\r\n1 OK Sort completed.\r\n");
    Mail account;
    CHECK(talk_selected(account, "1 SORT RETURN (SAVE PARTIAL 1:2) (ARRIVAL) UTF-8 ALL\r\n2 SEARCH $\r\n") ==
          "* ESEARCH (TAG \"1\") PARTIAL (1:2 2,1)\r\n1 OK Sort completed.\r\n* SEARCH 1 2\r\n2 OK Search completed.\r\n");
}

TEST_CASE("messages that are gone are left out of a sort") {
    Mail account;
    account.folder("INBOX").messages[1].unreadable = true;
    CHECK(talk_selected(account, "1 SORT (SUBJECT) UTF-8 ALL\r\n") == "* SORT 3 1\r\n1 OK Sort completed.\r\n");
}
