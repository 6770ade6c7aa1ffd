// SPDX-License-Identifier: Apache-2.0
// FETCH from summaries and in pieces, and the items of the extensions.
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

constexpr const char* letter =
    "Date: Mon, 7 Feb 1994 21:52:25 -0800\nFrom: Fred <fred@x.org>\nSubject: hello\nX-Odd: 1\n\nline one\nline two\n";

constexpr const char* packed = "Subject: parts\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
                               "--b\nContent-Type: text/plain\n\nplain\n"
                               "--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n"
                               "aGVsbG8gAHdvcmxk\n"
                               "--b\nContent-Type: text/plain\nContent-Transfer-Encoding: x-secret\n\n?\n--b--\n";

struct Inbox : FakeAccount {
    explicit Inbox(std::string text = letter, int count = 1) {
        inbox().summarised = true;
        for (int i = 0; i < count; ++i)
            inbox().add(text, 837571465);
    }
};

std::string long_letter(std::size_t body) {
    return "Subject: long\n\n" + std::string(body, 'x');
}

} // namespace

TEST_CASE("a message with a summary is never parsed, and only what is asked for is read") {
    Inbox account;
    const auto said = talk_selected(account,
        "1 FETCH 1 (ENVELOPE BODYSTRUCTURE RFC822.SIZE PREVIEW BODY.PEEK[HEADER.FIELDS (Subject)])\r\n");
    CHECK(said.find("\"hello\"") != std::string::npos);
    CHECK(said.find("PREVIEW \"line one line two\"") != std::string::npos);
    CHECK(said.find("BODY[HEADER.FIELDS (Subject)] {18}\r\nSubject: hello\r\n\r\n)") != std::string::npos);
    CHECK(account.inbox().reads.empty());
    CHECK(talk_selected(account, "1 FETCH 1 (BODY.PEEK[TEXT]<5.3> BODY.PEEK[HEADER.FIELDS (X-Odd)])\r\n") ==
          "* 1 FETCH (BODY[TEXT]<5> {3}\r\none BODY[HEADER.FIELDS (X-Odd)] {12}\r\nX-Odd: 1\r\n\r\n)\r\n"
          "1 OK Fetch completed.\r\n");
    CHECK(account.inbox().reads == std::vector<std::uint64_t>{3, 91});
    CHECK(account.loads == 0);
}

TEST_CASE("a message with and without a summary is told alike") {
    for (const auto* text : {letter, packed, "", "no header", "a: b\n", "\n\n"}) {
        const std::string fetch =
            "1 FETCH 1 (ENVELOPE BODY BODYSTRUCTURE RFC822.SIZE RFC822.HEADER BODY.PEEK[] BODY.PEEK[HEADER] "
            "BODY.PEEK[TEXT] BODY.PEEK[1] BODY.PEEK[2] BODY.PEEK[2.MIME] BODY.PEEK[1.1] BODY.PEEK[2]<2.5> "
            "BODY.PEEK[HEADER.FIELDS (From X-Odd)] BODY.PEEK[HEADER.FIELDS.NOT (From)] PREVIEW BINARY.PEEK[2])\r\n";
        Inbox with(text), without(text);
        without.inbox().summarised = false;
        CHECK(talk_selected(with, fetch) == talk_selected(without, fetch));
        CHECK(with.loads == 0);
    }
}

TEST_CASE("a large section is sent in pieces, whole") {
    Inbox account(long_letter(1000000));
    account.inbox().find(1)->text[500000] = '\0';
    std::vector<Step> script;
    script.emplace_back(std::string("s SELECT INBOX\r\n1 FETCH 1 (UID BODY[] UID)\r\n"));
    ScriptedConnection connection(std::move(script));
    RenderedItems rendered;
    const auto output = play_on(connection, account, rendered).output;
    auto expected = account.inbox().find(1)->text;
    expected[500000] = static_cast<char>(0x80);
    CHECK(output.find("* 1 FETCH (UID 1 BODY[] {1000017}\r\n" + expected + " UID 1 FLAGS (\\Seen))\r\n1 OK Fetch") !=
          std::string::npos);
    CHECK(account.inbox().reads.size() == 4);
    CHECK(connection.largest_write <= 256 * 1024);
    CHECK(account.inbox().find(1)->row.flags.has(mail::Flag::seen));
}

TEST_CASE("a large section that can't be read to its end ends the session, and the message stays unseen") {
    Inbox account(long_letter(1000000));
    account.inbox().cut_at = 600000;
    const auto played = play(account, {std::string("s SELECT INBOX\r\n1 FETCH 1 BODY[]\r\n2 NOOP\r\n")});
    CHECK(played.ended.reason == "Disconnected: Message could not be read to its end");
    CHECK(played.output.find("2 OK") == std::string::npos);
    CHECK(!account.inbox().find(1)->row.flags.has(mail::Flag::seen));
}

TEST_CASE("a small section that can't be read leaves the message out") {
    Inbox account(letter, 2);
    account.inbox().cut_at = 50;
    CHECK(talk_selected(account, "1 FETCH 1:2 (UID BODY.PEEK[TEXT])\r\n2 FETCH 1 UID\r\n") ==
          "1 NO [UNAVAILABLE] Mail storage fails at the moment, try again later\r\n* 1 FETCH (UID 1)\r\n2 OK Fetch "
          "completed.\r\n");
}

TEST_CASE("what the store can't say at once is asked for again") {
    Inbox account;
    account.inbox().busy = 5;
    CHECK(talk_selected(account, "1 FETCH 1 (UID BODY.PEEK[TEXT]<0.4> RFC822.SIZE)\r\n") ==
          "* 1 FETCH (UID 1 BODY[TEXT]<0> {4}\r\nline RFC822.SIZE 111)\r\n1 OK Fetch completed.\r\n");
    CHECK(account.inbox().busy == 0);
}

TEST_CASE("BINARY undoes the transfer encoding") {
    Inbox account(packed);
    using namespace std::string_literals;
    CHECK(talk_selected(account, "1 FETCH 1 (BINARY.SIZE[2] BINARY.PEEK[2] BINARY.PEEK[2]<0.5> BINARY.PEEK[1])\r\n") ==
          "* 1 FETCH (BINARY.SIZE[2] 12 BINARY[2] ~{12}\r\nhello \0world BINARY[2]<0> {5}\r\nhello BINARY[1] {5}\r\nplain"
          ")\r\n1 OK Fetch completed.\r\n"s);
    CHECK(talk_selected(account, "1 FETCH 1 (BINARY.PEEK[9] BINARY.SIZE[9] BINARY.SIZE[])\r\n").starts_with(
        "* 1 FETCH (BINARY[9] NIL BINARY.SIZE[9] 0 BINARY.SIZE[] "));
    CHECK(!account.inbox().find(1)->row.flags.has(mail::Flag::seen));
    talk_selected(account, "1 FETCH 1 BINARY[1]\r\n");
    CHECK(account.inbox().find(1)->row.flags.has(mail::Flag::seen));
}

TEST_CASE("an encoding that nobody knows is UNKNOWN-CTE, and other messages are told") {
    Inbox account(packed, 2);
    account.inbox().add(letter);
    CHECK(talk_selected(account, "1 FETCH 1:3 (UID BINARY.SIZE[3])\r\n") ==
          "* 3 FETCH (UID 3 BINARY.SIZE[3] 0)\r\n1 NO [UNKNOWN-CTE] A part is encoded in a way that is not known "
          "here\r\n");
    CHECK(talk_selected(account, "1 FETCH 1 BINARY[1.MIME]\r\n").starts_with("1 BAD FETCH: Invalid section in BINARY"));
    CHECK(talk_selected(account, "1 FETCH 1 BINARY[1.]\r\n").starts_with("1 BAD FETCH: Invalid section in BINARY"));
}

TEST_CASE("a large attachment is decoded in pieces") {
    std::string encoded;
    for (int i = 0; i < 100000; ++i)
        encoded += "aGVsbG8gd29ybGQhISEh\n"; // "hello world!!!!"
    Inbox account("Content-Type: application/x\nContent-Transfer-Encoding: base64\n\n" + encoded);
    const auto said = talk_selected(account, "1 FETCH 1 BINARY.PEEK[1]\r\n");
    CHECK(said.starts_with("* 1 FETCH (BINARY[1] {1500000}\r\nhello world!!!!hello"));
    CHECK(account.inbox().reads.size() > 3);
    CHECK(*std::max_element(account.inbox().reads.begin(), account.inbox().reads.end()) <= 512 * 1024);
}

TEST_CASE("ids and dates that are known are told, others are NIL") {
    Inbox account(letter, 2);
    account.inbox().find(1)->facts = {.guid = "g", .emailid = "M1", .threadid = "T1", .saved = 86400};
    account.inbox().find(2)->facts = {.guid = "h", .emailid = "M2", .threadid = {}, .saved = 0};
    CHECK(talk_selected(account, "1 FETCH 1:2 (EMAILID THREADID SAVEDATE)\r\n") ==
          "* 1 FETCH (EMAILID (M1) THREADID (T1) SAVEDATE \"02-Jan-1970 00:00:00 +0000\")\r\n"
          "* 2 FETCH (EMAILID (M2) THREADID NIL SAVEDATE NIL)\r\n1 OK Fetch completed.\r\n");
}

TEST_CASE("PREVIEW may be lazy, and is quoted UTF-8 only for who has asked") {
    Inbox account("Content-Type: text/plain; charset=utf-8\n\nGr\xc3\xbc\xc3\x9f" "e\n");
    CHECK(talk_selected(account, "1 FETCH 1 (PREVIEW (LAZY) UID)\r\n") ==
          "* 1 FETCH (PREVIEW {7}\r\nGr\xc3\xbc\xc3\x9f" "e UID 1)\r\n1 OK Fetch completed.\r\n");
    CHECK(talk_selected(account, "1 FETCH 1 PREVIEW (EAGER)\r\n").starts_with("1 BAD FETCH: Unknown PREVIEW modifier"));
    CHECK(talk_selected(account, "0 ENABLE UTF8=ACCEPT\r\n1 FETCH 1 PREVIEW\r\n")
              .ends_with("* 1 FETCH (PREVIEW \"Gr\xc3\xbc\xc3\x9f" "e\")\r\n1 OK Fetch completed.\r\n"));
}

TEST_CASE("CHANGEDSINCE leaves out what is older, tells modseqs, and switches CONDSTORE on") {
    Inbox account(letter, 3);
    account.inbox().keeps_modseqs = true;
    account.inbox().find(2)->row.modseq = 7;
    account.inbox().find(3)->row.modseq = 5;
    CHECK(talk_selected(account, "1 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 5)\r\n2 FETCH 1 MODSEQ\r\n") ==
          "* OK [HIGHESTMODSEQ 7] Highest\r\n* 2 FETCH (UID 2 FLAGS () MODSEQ (7))\r\n1 OK Fetch completed.\r\n"
          "* 1 FETCH (MODSEQ (1))\r\n2 OK Fetch completed.\r\n");
    CHECK(talk_selected(account, "1 FETCH 1 FLAGS (VANISHED)\r\n").starts_with("1 BAD FETCH: VANISHED goes with"));
    CHECK(talk_selected(account, "1 UID FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)\r\n").starts_with("1 BAD VANISHED goes"));
    CHECK(talk_selected(account, "1 FETCH 1 FLAGS (NONSENSE)\r\n").starts_with("1 BAD FETCH: Unknown FETCH modifier"));
}

TEST_CASE("with CONDSTORE the \\Seen of a read body is told with its modseq") {
    Inbox account(letter, 2);
    account.inbox().keeps_modseqs = true;
    CHECK(talk_selected(account, "0 ENABLE CONDSTORE\r\n1 FETCH 1:2 BODY[TEXT]<0.1>\r\n")
              .ends_with("* 1 FETCH (BODY[TEXT]<0> {1}\r\nl)\r\n* 2 FETCH (BODY[TEXT]<0> {1}\r\nl)\r\n"
                         "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (2))\r\n* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (2))\r\n"
                         "1 OK Fetch completed.\r\n"));
}

TEST_CASE("VANISHED names the expunged of the set, before the others") {
    Inbox account(letter, 9);
    account.inbox().keeps_modseqs = true;
    for (const std::uint32_t uid : {2U, 3U, 5U, 8U})
        account.inbox().remove(uid);
    account.inbox().expunged = {2, 3, 5, 8};
    CHECK(talk_selected(account, "0 ENABLE QRESYNC\r\n1 UID FETCH 1:6 FLAGS (CHANGEDSINCE 0 VANISHED)\r\n")
              .find("* VANISHED (EARLIER) 2:3,5\r\n* 1 FETCH (UID 1 FLAGS () MODSEQ (1))\r\n") != std::string::npos);
    CHECK(talk_selected(account, "0 ENABLE QRESYNC\r\n1 UID FETCH 4 FLAGS (CHANGEDSINCE 0 VANISHED)\r\n")
              .find("VANISHED") == std::string::npos);
}

TEST_CASE("PARTIAL takes a page from either end") {
    Inbox account(letter, 9);
    CHECK(talk_selected(account, "1 UID FETCH 2:* UID (PARTIAL 2:3)\r\n") ==
          "* 3 FETCH (UID 3)\r\n* 4 FETCH (UID 4)\r\n1 OK Fetch completed.\r\n");
    CHECK(talk_selected(account, "1 UID FETCH 1:* UID (PARTIAL -1:-2)\r\n") ==
          "* 8 FETCH (UID 8)\r\n* 9 FETCH (UID 9)\r\n1 OK Fetch completed.\r\n");
    CHECK(talk_selected(account, "1 UID FETCH 1:* UID (PARTIAL 9:100)\r\n2 UID FETCH 1:* UID (PARTIAL 50:60)\r\n") ==
          "* 9 FETCH (UID 9)\r\n1 OK Fetch completed.\r\n2 OK Fetch completed.\r\n");
    for (const auto* page : {"0:1", "1:-1", "1", "-1:2"})
        CHECK(talk_selected(account, "1 UID FETCH 1:* UID (PARTIAL " + std::string(page) + ")\r\n").starts_with("1 BAD "));
}

TEST_CASE("imap_fetch_failure decides what follows a message that can't be read") {
    const auto fetch = [](FetchFailure failure) {
        Inbox account(letter, 2);
        account.inbox().cut_at = 0;
        account.inbox().add("");
        Options options;
        options.fetch_failure = failure;
        ScriptedConnection connection({std::string("s SELECT INBOX\r\n1 FETCH 1:3 (UID BODY.PEEK[])\r\n2 NOOP\r\n")});
        RenderedItems rendered;
        auto output = play_on(connection, account, rendered, {.login_tag = "L1", .options = &options}).output;
        return output.substr(output.find("Select completed.\r\n") + 19);
    };
    CHECK(fetch(FetchFailure::disconnect_immediately).starts_with("* BYE [UNAVAILABLE]"));
    const auto after = fetch(FetchFailure::disconnect_after);
    CHECK(after.starts_with("* 3 FETCH (UID 3 BODY[] {0}\r\n)\r\n* BYE [UNAVAILABLE]"));
    CHECK(fetch(FetchFailure::no_after).ends_with("2 OK NOOP completed.\r\n"));
}
