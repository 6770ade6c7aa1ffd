// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/search/stuttering_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <chrono>
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
    CHECK(search("CHARSET KLINGON TEXT x") ==
          "1 NO [BADCHARSET (US-ASCII UTF-8)] The charset is unknown, or a string isn't valid in it\r\n");
    CHECK(search("CHARSET ISO-8859-1 SUBJECT {2+}\r\n\xfc\xdf") == " 1");
    CHECK(search("NONSENSE") == "1 BAD SEARCH: Unknown search key: NONSENSE\r\n");
}

TEST_CASE("HEADER looks at every occurrence of a field") {
    FakeAccount account;
    account.inbox().add("Received: from a\nReceived: from b\nX: =?utf-8?q?=C3=A4?=\nX: plain\n\n");
    CHECK(talk_selected(account, "1 SEARCH HEADER Received \"from b\" HEADER X plain HEADER X {2+}\r\n\xc3\x84\r\n") ==
          "* SEARCH 1\r\n1 OK Search completed.\r\n");
}

TEST_CASE("a header beyond the first bytes that are read is searched as well") {
    FakeAccount account;
    std::string text;
    for (int i = 0; i < 3000; ++i)
        text += "X-Filler: " + std::to_string(i) + "\n";
    account.inbox().add(text + "X-Last: needle\n\nbody\n");
    account.inbox().add("X-Last: needle"); // no end of header, no end of line
    CHECK(talk_selected(account, "1 SEARCH HEADER X-Last needle\r\n") ==
          "* SEARCH 1 2\r\n1 OK Search completed.\r\n");
}

TEST_CASE("SAVE keeps the result as $, for searches and for other commands") {
    Mail account;
    CHECK(talk_selected(account, "1 SEARCH RETURN (SAVE) UNSEEN\r\n2 SEARCH $\r\n3 UID SEARCH UID $ FLAGGED\r\n"
                                 "4 UID FETCH $ UID\r\n5 SEARCH NOT $\r\n") ==
          "1 OK Search completed.\r\n* SEARCH 2 3\r\n2 OK Search completed.\r\n* SEARCH 3\r\n3 OK Search "
          "completed.\r\n* 2 FETCH (UID 3)\r\n* 3 FETCH (UID 4)\r\n4 OK Fetch completed.\r\n* SEARCH 1\r\n5 OK Search "
          "completed.\r\n");
    CHECK(talk_selected(account, "1 UID SEARCH RETURN (SAVE MAX) UNSEEN\r\n2 SEARCH $\r\n") ==
          "* ESEARCH (TAG \"1\") UID MAX 4\r\n1 OK Search completed.\r\n* SEARCH 3\r\n2 OK Search completed.\r\n");
}

TEST_CASE("after NO the saved result is empty, after BAD what it was, and SELECT forgets it") {
    Mail account;
    CHECK(talk_selected(account, "1 SEARCH RETURN (SAVE) ALL\r\n2 SEARCH RETURN (SAVE) NONSENSE\r\n3 SEARCH $\r\n4 SEARCH "
                                 "RETURN (SAVE) CHARSET KLINGON BODY x\r\n5 SEARCH $\r\n") ==
          "1 OK Search completed.\r\n2 BAD SEARCH: Unknown search key: NONSENSE\r\n* SEARCH 1 2 3\r\n3 OK Search "
          "completed.\r\n4 NO [BADCHARSET (US-ASCII UTF-8)] The charset is unknown, or a string isn't valid in it\r\n* "
          "SEARCH\r\n5 OK Search completed.\r\n");
    const auto again = talk_selected(account, "1 SEARCH RETURN (SAVE) ALL\r\n2 SELECT INBOX\r\n3 SEARCH $\r\n");
    CHECK(again.ends_with("* SEARCH\r\n3 OK Search completed.\r\n"));
}

TEST_CASE("saved messages that are gone are no longer in $") {
    Mail account;
    const auto transcript = play(account, {std::string("s SELECT INBOX\r\n1 SEARCH RETURN (SAVE) ALL\r\n"),
                                              [&] { account.inbox().remove(3); },
                                              std::string("2 NOOP\r\n3 UID SEARCH $\r\n")});
    CHECK(transcript.output.ends_with("* SEARCH 1 4\r\n3 OK Search completed.\r\n"));
}

TEST_CASE("YOUNGER and OLDER count seconds from now") {
    FakeAccount account;
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    account.inbox().add("a: b\n\n", now - 1000);
    account.inbox().add("a: b\n\n", now - 100);
    CHECK(talk_selected(account, "1 SEARCH YOUNGER 500\r\n2 SEARCH OLDER 500\r\n3 SEARCH OLDER 4294967295\r\n") ==
          "* SEARCH 2\r\n1 OK Search completed.\r\n* SEARCH 1\r\n2 OK Search completed.\r\n* SEARCH\r\n3 OK Search "
          "completed.\r\n");
}

TEST_CASE("MODSEQ is refused in a mailbox that keeps none, otherwise told with the result") {
    Mail without;
    CHECK(talk_selected(without, "1 SEARCH MODSEQ 5\r\n") ==
          "1 BAD This mailbox keeps no modification sequences (NOMODSEQ)\r\n");
    store::MemoryAccount with;
    auto& inbox = with.folder("INBOX");
    for (int i = 1; i <= 3; ++i)
        inbox.find(inbox.deliver("a: b\n\n"))->row.modseq = static_cast<std::uint64_t>(i * 10);
    const auto output = talk_selected(with, "1 SEARCH MODSEQ 20\r\n2 SEARCH RETURN (MIN) OR MODSEQ 20 ALL\r\n3 UID SEARCH "
                                            "MODSEQ 31\r\n");
    CHECK(output.find("* SEARCH 2 3 (MODSEQ 30)\r\n1 OK") != std::string::npos);
    CHECK(output.find("* ESEARCH (TAG \"2\") MIN 1 MODSEQ 10\r\n2 OK") != std::string::npos);
    CHECK(output.find("* SEARCH\r\n3 OK") != std::string::npos);
}

TEST_CASE("EMAILID, THREADID and saved dates are searched") {
    store::MemoryAccount account;
    auto& inbox = account.folder("INBOX");
    const auto first = inbox.deliver("a: b\n\n", {}, 5 * 86400), second = inbox.deliver("c: d\n\n", {}, 5 * 86400);
    inbox.find(first)->threadid = "T1";
    inbox.find(second)->saved = 20 * 86400;
    CHECK(talk_selected(account, "1 SEARCH THREADID T1\r\n2 SEARCH THREADID T2\r\n3 SEARCH SAVEDATESUPPORTED\r\n4 SEARCH "
                                 "SAVEDON 21-Jan-1970\r\n5 SEARCH SAVEDBEFORE 21-Jan-1970\r\n6 SEARCH SAVEDSINCE "
                                 "1-Jan-1970\r\n") ==
          "* SEARCH 1\r\n1 OK Search completed.\r\n* SEARCH\r\n2 OK Search completed.\r\n* SEARCH 1 2\r\n3 OK Search "
          "completed.\r\n* SEARCH 2\r\n4 OK Search completed.\r\n* SEARCH 1\r\n5 OK Search completed.\r\n* SEARCH 1 "
          "2\r\n6 OK Search completed.\r\n");
}

TEST_CASE("a store that is busy or unfinished is asked again, and nobody notices") {
    StutteringAccount account;
    for (int i = 0; i < 5; ++i)
        account.folder("INBOX").deliver("Subject: s\n\nneedle\n");
    for (const bool summaries : {false, true}) {
        account.habits.has_summaries = summaries;
        account.habits.fails_every = 3;
        CHECK(talk_selected(account, "1 SEARCH BODY needle SUBJECT s LARGER 5 THREADID T\r\n2 SORT (SUBJECT SIZE) UTF-8 BODY "
                                     "needle\r\n3 THREAD REFERENCES UTF-8 1:3\r\n") ==
              "* SEARCH\r\n1 OK Search completed.\r\n* SORT 1 2 3 4 5\r\n2 OK Sort completed.\r\n* THREAD "
              "((1)(2)(3))\r\n3 OK Thread completed.\r\n");
    }
}

TEST_CASE("with IMAP4rev2 every result is an ESEARCH") {
    Mail account;
    CHECK(talk_selected(account, "1 ENABLE IMAP4rev2\r\n2 SEARCH SEEN\r\n")
              .ends_with("* ESEARCH (TAG \"2\") ALL 1\r\n2 OK Search completed.\r\n"));
}

TEST_CASE("with UTF8=ACCEPT a charset is refused") {
    Mail account;
    CHECK(talk_selected(account, "1 ENABLE UTF8=ACCEPT\r\n2 SEARCH CHARSET UTF-8 ALL\r\n")
              .ends_with("2 BAD CHARSET is of no use after ENABLE UTF8=ACCEPT\r\n"));
}

TEST_CASE("FUZZY asks the full-text index, and is a substring search where there is none") {
    Mail account;
    CHECK(talk_selected(account, "1 SEARCH FUZZY BODY quick\r\n") == "* SEARCH 1\r\n1 OK Search completed.\r\n");
}

TEST_CASE("a search that takes long lets others have their turn") {
    FakeAccount account;
    std::string text = "Subject: s\n\n";
    for (int i = 0; i < 200'000; ++i)
        text += "some words in a line that is long enough to be a line\n";
    for (int i = 0; i < 6; ++i)
        account.inbox().add(text);
    ScriptedConnection connection({std::string("s SELECT INBOX\r\n1 SEARCH BODY nothing\r\n")});
    RenderedItems rendered;
    asio::io_context io(1);
    Session session(account, connection, rendered, {.login_tag = "L1"});
    bool ended = false;
    asio::co_spawn(io, session.run(), [&](std::exception_ptr, Ended) { ended = true; });
    int turns = 0;
    while (!ended && io.run_one() != 0)
        ++turns;
    CHECK(turns > 6 * 2); // ten megabytes each, far more than two slices' work on any machine
    CHECK(connection.written.ends_with("* SEARCH\r\n1 OK Search completed.\r\n"));
}
