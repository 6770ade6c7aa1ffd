// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

// Four messages, of which the second is gone: UIDs 1, 3, 4 at sequence numbers 1, 2, 3.
struct Mail : FakeAccount {
    Mail() {
        inbox().keywords = {"Junk"};
        auto& first = inbox().add("Date: Tue, 1 Feb 1994 01:00:00 +0000\nFrom: Fred <fred@x.org>\nSubject: "
                                  "=?utf-8?q?Gr=C3=BC=C3=9Fe?=\nTo: ann@b\nX-Empty:\n\nThe Quick fox\n",
            10 * 86400);
        first.row.flags.set(mail::Flag::seen);
        first.row.recent = true;
        inbox().add("a: b\n\n");
        auto& third = inbox().add("Date: Thu, 3 Feb 1994 23:00:00 -0900\nFrom: bob@y\nSubject: plain\nCc: "
                                  "carl@z\nContent-Type: text/plain; charset=utf-8\n\n\xc3\x84rger in town\n",
            20 * 86400);
        third.row.flags.set(mail::Flag::flagged);
        third.row.keywords = 1;
        inbox().add("Subject: third\n\n" + std::string(500, 'x') + "\n", 30 * 86400 + 5).row.recent = true;
        inbox().remove(2);
    }
};

std::string search(std::string_view keys) {
    Mail account;
    const auto output = talk_selected(account, "1 SEARCH " + std::string(keys) + "\r\n");
    return output.starts_with("* SEARCH") ? output.substr(8, output.find('\r') - 8) : output;
}

} // namespace

TEST_CASE("SEARCH by flags") {
    CHECK(search("ALL") == " 1 2 3");
    CHECK(search("SEEN") == " 1");
    CHECK(search("UNSEEN") == " 2 3");
    CHECK(search("FLAGGED") == " 2");
    CHECK(search("UNFLAGGED UNSEEN") == " 3");
    CHECK(search("RECENT") == " 1 3");
    CHECK(search("NEW") == " 3");
    CHECK(search("OLD") == " 2");
    CHECK(search("KEYWORD junk") == " 2");
    CHECK(search("UNKEYWORD Junk") == " 1 3");
    CHECK(search("KEYWORD nowhere") == "");
    CHECK(search("UNKEYWORD nowhere") == " 1 2 3");
    CHECK(search("DELETED") == "");
}

TEST_CASE("SEARCH by numbers") {
    CHECK(search("2:3") == " 2 3");
    CHECK(search("*") == " 3");
    CHECK(search("9") == "");
    CHECK(search("UID 3:*") == " 2 3");
    CHECK(search("UID 2") == "");
    CHECK(search("1:2 NOT 1") == " 2");
}

TEST_CASE("SEARCH with OR, NOT and parentheses") {
    CHECK(search("OR SEEN FLAGGED") == " 1 2");
    CHECK(search("NOT (OR SEEN FLAGGED)") == " 3");
    CHECK(search("(SEEN RECENT)") == " 1");
    CHECK(search("OR (SEEN) OR 2 3") == " 1 2 3");
    CHECK(search("NOT NOT SEEN") == " 1");
}

TEST_CASE("SEARCH by dates") {
    CHECK(search("BEFORE 21-Jan-1970") == " 1");
    CHECK(search("ON 21-Jan-1970") == " 2");
    CHECK(search("SINCE 21-Jan-1970") == " 2 3");
    CHECK(search("ON 31-Jan-1970") == " 3");
    CHECK(search("SENTBEFORE 3-Feb-1994") == " 1");
    CHECK(search("SENTON 3-Feb-1994") == " 2");
    CHECK(search("SENTSINCE \"1-Feb-1994\"") == " 1 2");
}

TEST_CASE("SEARCH by size") {
    CHECK(search("LARGER 400") == " 3");
    CHECK(search("SMALLER 400") == " 1 2");
}

TEST_CASE("SEARCH in headers, decoded, in any case") {
    CHECK(search("FROM FRED") == " 1");
    CHECK(search("CC carl") == " 2");
    CHECK(search("TO ann") == " 1");
    CHECK(search("BCC x") == "");
    CHECK(search("CHARSET UTF-8 SUBJECT {6+}\r\n\x67R\xc3\x9c\xc3\x9f") == " 1");
    CHECK(search("SUBJECT \"\"") == " 1 2 3");
    CHECK(search("HEADER X-Empty \"\"") == " 1");
    CHECK(search("HEADER Cc \"\"") == " 2");
    CHECK(search("HEADER SUBJECT third") == " 3");
}

TEST_CASE("SEARCH in text, decoded, in any case") {
    CHECK(search("BODY quick") == " 1");
    CHECK(search("BODY \"k f\"") == " 1");
    CHECK(search("CHARSET UTF-8 BODY {6+}\r\n\xc3\xa4rger") == " 2");
    CHECK(search("CHARSET UTF-8 BODY {7+}\r\n\xc3\xa4RGER ") == " 2");
    CHECK(search("TEXT fred") == " 1");
    CHECK(search("BODY fred") == "");
    CHECK(search("NOT TEXT x") == "");
}

TEST_CASE("only messages that the cheap keys leave are read") {
    Mail account;
    talk_selected(account, "1 SEARCH TEXT fox BODY fox FROM fred SEEN\r\n2 SEARCH OR BODY nothing 1:3\r\n");
    CHECK(account.loads == 1);
}

TEST_CASE("messages that are gone match nothing") {
    Mail account;
    account.inbox().find(3)->unreadable = true;
    CHECK(talk_selected(account, "1 SEARCH NOT BODY nothing\r\n") == "* SEARCH 1 3\r\n1 OK Search completed.\r\n");
}

TEST_CASE("UID SEARCH tells UIDs") {
    Mail account;
    CHECK(talk_selected(account, "1 UID SEARCH ALL\r\n2 UID SEARCH DELETED\r\n") ==
          "* SEARCH 1 3 4\r\n1 OK Search completed.\r\n* SEARCH\r\n2 OK Search completed.\r\n");
}

TEST_CASE("ESEARCH tells what was asked for") {
    Mail account;
    CHECK(talk_selected(account, "a1 UID SEARCH RETURN (MIN MAX COUNT ALL) ALL\r\n") ==
          "* ESEARCH (TAG \"a1\") UID MIN 1 MAX 4 ALL 1,3:4 COUNT 3\r\na1 OK Search completed.\r\n");
    CHECK(talk_selected(account, "a1 SEARCH RETURN () ALL\r\n") ==
          "* ESEARCH (TAG \"a1\") ALL 1:3\r\na1 OK Search completed.\r\n");
    CHECK(talk_selected(account, "a1 SEARCH RETURN (MIN COUNT) UNSEEN\r\n") ==
          "* ESEARCH (TAG \"a1\") MIN 2 COUNT 2\r\na1 OK Search completed.\r\n");
    CHECK(talk_selected(account, "a1 UID SEARCH RETURN (MIN MAX COUNT ALL) DELETED\r\n") ==
          "* ESEARCH (TAG \"a1\") UID COUNT 0\r\na1 OK Search completed.\r\n");
}

TEST_CASE("unknown charsets and keys are refused") {
    CHECK(search("CHARSET KOI8-R TEXT x") == "1 NO [BADCHARSET (UTF-8 US-ASCII)] Unknown charset\r\n");
    CHECK(search("NONSENSE") == "1 BAD SEARCH: Unknown search key: NONSENSE\r\n");
}
