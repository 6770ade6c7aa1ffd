// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

constexpr const char* letter =
    "Date: Mon, 7 Feb 1994 21:52:25 -0800\nFrom: Fred <fred@x.org>\nSubject: hello\nTo: a@b\n\nline one\nline two\n";

struct Inbox : FakeAccount {
    explicit Inbox(int count = 1) {
        for (int i = 0; i < count; ++i)
            inbox().add(letter, 837571465);
    }
    bool is_seen(std::uint32_t uid) { return inbox().find(uid)->row.flags.has(mail::Flag::seen); }
};

} // namespace

TEST_CASE("FETCH tells what the row knows without reading the message") {
    Inbox account(2);
    account.inbox().keywords = {"Junk"};
    account.inbox().find(2)->row.flags.set(mail::Flag::answered);
    account.inbox().find(2)->row.keywords = 1;
    account.inbox().find(2)->row.recent = true;
    CHECK(talk_selected(account, "1 FETCH 1:2 FAST\r\n") ==
          "* 1 FETCH (FLAGS () INTERNALDATE \"17-Jul-1996 02:44:25 +0000\" RFC822.SIZE 110)\r\n"
          "* 2 FETCH (FLAGS (\\Answered \\Recent Junk) INTERNALDATE \"17-Jul-1996 02:44:25 +0000\" RFC822.SIZE "
          "110)\r\n1 OK Fetch completed.\r\n");
    CHECK(account.loads == 0);
}

TEST_CASE("UID FETCH always tells the UID, and absent ones are no error") {
    Inbox account(3);
    account.inbox().remove(2);
    CHECK(
        talk_selected(account,
            "1 UID FETCH 2:9 FLAGS\r\n2 UID FETCH 3 (FLAGS UID)\r\n3 UID FETCH 7 FLAGS\r\n4 UID FETCH 7:* UID\r\n") ==
        "* 2 FETCH (UID 3 FLAGS ())\r\n1 OK Fetch completed.\r\n* 2 FETCH (FLAGS () UID 3)\r\n2 OK Fetch completed.\r\n"
        "3 OK Fetch completed.\r\n* 2 FETCH (UID 3)\r\n4 OK Fetch completed.\r\n");
}

TEST_CASE("a sequence number beyond the mailbox is BAD, a range that reaches beyond is cut") {
    Inbox account(2);
    CHECK(talk_selected(account, "1 FETCH 3 UID\r\n2 FETCH 2:9 UID\r\n3 FETCH * UID\r\n") ==
          "1 BAD The mailbox has no message of this number\r\n* 2 FETCH (UID 2)\r\n2 OK Fetch completed.\r\n* 2 FETCH "
          "(UID 2)\r\n3 OK Fetch completed.\r\n");
    FakeAccount empty;
    CHECK(talk_selected(empty, "1 FETCH 1:* UID\r\n2 UID FETCH 1:* UID\r\n") ==
          "1 BAD The mailbox has no message of this number\r\n2 OK Fetch completed.\r\n");
}

TEST_CASE("overlapping sets name each message once, in order") {
    Inbox account(3);
    CHECK(talk_selected(account, "1 FETCH 3,1:2,2:3 UID\r\n") ==
          "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n1 OK Fetch completed.\r\n");
}

TEST_CASE("ENVELOPE and BODYSTRUCTURE") {
    Inbox account;
    CHECK(talk_selected(account, "1 FETCH 1 (ENVELOPE BODY BODYSTRUCTURE)\r\n") ==
          "* 1 FETCH (ENVELOPE (\"Mon, 7 Feb 1994 21:52:25 -0800\" \"hello\" ((\"Fred\" NIL \"fred\" \"x.org\")) "
          "((\"Fred\" NIL \"fred\" \"x.org\")) ((\"Fred\" NIL \"fred\" \"x.org\")) ((NIL NIL \"a\" \"b\")) NIL NIL NIL "
          "NIL) "
          "BODY (\"TEXT\" \"PLAIN\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 20 2) "
          "BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 20 2 NIL NIL NIL NIL))\r\n1 "
          "OK Fetch completed.\r\n");
}

TEST_CASE("sections are literals, parts that aren't there are NIL") {
    Inbox account;
    CHECK(talk_selected(account,
              "1 FETCH 1 (BODY.PEEK[HEADER.FIELDS (subject x)] BODY.PEEK[TEXT] BODY.PEEK[1] BODY.PEEK[7])\r\n") ==
          "* 1 FETCH (BODY[HEADER.FIELDS (subject x)] {18}\r\nSubject: hello\r\n\r\n BODY[TEXT] {20}\r\nline "
          "one\r\nline two\r\n "
          "BODY[1] {20}\r\nline one\r\nline two\r\n BODY[7] NIL)\r\n1 OK Fetch completed.\r\n");
    CHECK(!account.is_seen(1));
}

TEST_CASE("partial fetches are cut to what is there") {
    Inbox account;
    CHECK(talk_selected(account, "1 FETCH 1 (BODY.PEEK[TEXT]<5.3> BODY.PEEK[TEXT]<18.100> BODY.PEEK[1]<100.5> "
                                 "BODY.PEEK[]<18446744073709551615.18446744073709551615>)\r\n") ==
          "* 1 FETCH (BODY[TEXT]<5> {3}\r\none BODY[TEXT]<18> {2}\r\n\r\n BODY[1]<100> {0}\r\n "
          "BODY[]<18446744073709551615> {0}\r\n)\r\n1 OK Fetch completed.\r\n");
}

TEST_CASE("a section that ends with a parenthesis is followed by a blank") {
    FakeAccount account;
    account.inbox().add("a: b\n\n((");
    CHECK(talk_selected(account, "1 FETCH 1 (BODY.PEEK[TEXT] UID)\r\n") ==
          "* 1 FETCH (BODY[TEXT] {2}\r\n(( UID 1)\r\n1 OK Fetch completed.\r\n");
}

TEST_CASE("NUL never reaches the client") {
    FakeAccount account;
    account.inbox().add(std::string("a: b\n\nx\0y", 9));
    CHECK(talk_selected(account, "1 FETCH 1 BODY.PEEK[TEXT]\r\n2 FETCH 1 BODY.PEEK[1]\r\n").find('\0') ==
          std::string::npos);
}

TEST_CASE("reading a body marks it seen, and says so in the same response") {
    Inbox account(2);
    CHECK(talk_selected(account, "1 FETCH 1:2 BODY[TEXT]<0.1>\r\n2 FETCH 1 (FLAGS BODY[TEXT]<0.1>)\r\n") ==
          "* 1 FETCH (BODY[TEXT]<0> {1}\r\nl FLAGS (\\Seen))\r\n* 2 FETCH (BODY[TEXT]<0> {1}\r\nl FLAGS (\\Seen))\r\n1 "
          "OK Fetch completed.\r\n"
          "* 1 FETCH (FLAGS (\\Seen) BODY[TEXT]<0> {1}\r\nl)\r\n2 OK Fetch completed.\r\n");
    CHECK(account.is_seen(1));
    CHECK(account.is_seen(2));
    CHECK(account.marks == 1);
}

TEST_CASE("EXAMINE and RFC822.HEADER mark nothing, RFC822 does") {
    Inbox account;
    talk(account, "s EXAMINE INBOX\r\n1 FETCH 1 BODY[]\r\n");
    CHECK(!account.is_seen(1));
    talk_selected(account, "1 FETCH 1 RFC822.HEADER\r\n");
    CHECK(!account.is_seen(1));
    CHECK(talk_selected(account, "1 FETCH 1 RFC822.TEXT\r\n") ==
          "* 1 FETCH (RFC822.TEXT {20}\r\nline one\r\nline two\r\n FLAGS (\\Seen))\r\n1 OK Fetch completed.\r\n");
    CHECK(account.is_seen(1));
}

TEST_CASE("when marking fails the flags are taken back") {
    Inbox account;
    account.inbox().fails_to_mark = true;
    CHECK(
        talk_selected(account, "1 FETCH 1 BODY[TEXT]<0.1>\r\n") ==
        "* 1 FETCH (BODY[TEXT]<0> {1}\r\nl FLAGS (\\Seen))\r\n* 1 FETCH (UID 1 FLAGS ())\r\n1 OK Fetch completed.\r\n");
}

TEST_CASE("messages that are gone are left out, and the command says so") {
    Inbox account(3);
    account.inbox().find(2)->unreadable = true;
    CHECK(talk_selected(account, "1 FETCH 1:3 (FLAGS BODY.PEEK[TEXT]<0.1>)\r\n") ==
          "* 1 FETCH (FLAGS () BODY[TEXT]<0> {1}\r\nl)\r\n* 3 FETCH (FLAGS () BODY[TEXT]<0> {1}\r\nl)\r\n"
          "1 NO [EXPUNGEISSUED] Some messages have been expunged meanwhile\r\n");
    CHECK(talk_selected(account, "1 FETCH 2 BODY[]\r\n") ==
          "1 NO [EXPUNGEISSUED] Some messages have been expunged meanwhile\r\n");
    CHECK(!account.is_seen(2));
}

TEST_CASE("what was rendered once is not read again, also by later sessions") {
    Inbox account(20);
    account.inbox().summarised = true;
    RenderedItems rendered;
    const auto click = [&] {
        ScriptedConnection connection(
            {"1 SELECT INBOX\r\n2 UID FETCH 1:20 (FLAGS ENVELOPE BODY.PEEK[HEADER.FIELDS (Subject)])\r\n3 LOGOUT\r\n"});
        return play_on(connection, account, rendered);
    };
    const auto cold = click();
    CHECK(account.inbox().summaries == 20);
    const auto warm = click();
    CHECK(account.inbox().summaries == 20);
    CHECK(warm.output == cold.output);
    CHECK(warm.ended.summary() == cold.ended.summary());
    CHECK(warm.ended.statistics.header_count == 20);
    CHECK(warm.ended.statistics.header_bytes == 20 * 18);
}

TEST_CASE("long replies leave in pieces and are not gathered in memory") {
    FakeAccount account;
    const std::string body(10000, 'x');
    for (int i = 0; i < 100; ++i)
        account.inbox().add("a: b\n\n" + body);
    account.inbox().add("a: b\n\n" + std::string(1000000, 'y'));
    ScriptedConnection connection({"s SELECT INBOX\r\n1 FETCH 1:100 BODY.PEEK[]\r\n", "2 FETCH 101 BODY[]\r\n"});
    RenderedItems rendered;
    const auto transcript = play_on(connection, account, rendered);
    CHECK(transcript.output.size() > 2000000);
    CHECK(transcript.writes > 15);
    CHECK(transcript.ended.statistics.body_count == 101);
    CHECK(transcript.ended.statistics.body_bytes == 100 * (8 + body.size()) + 1000008);
    // The large one went past the buffer, and was marked before it left.
    CHECK(transcript.output.find(std::string(1000, 'y') + " FLAGS (\\Seen))\r\n2 OK Fetch completed.\r\n") !=
          std::string::npos);
}

TEST_CASE("FETCH refuses what it doesn't know") {
    Inbox account;
    CHECK(talk_selected(account,
              "1 FETCH 1 NONSENSE\r\n2 FETCH x FLAGS\r\n3 FETCH 1\r\n4 FETCH 0 FLAGS\r\n5 FETCH 1 FLAGS x\r\n") ==
          "1 BAD FETCH: Unknown FETCH item: NONSENSE\r\n2 BAD FETCH: Invalid message set\r\n3 BAD FETCH: Missing "
          "arguments\r\n"
          "4 BAD FETCH: Invalid message set\r\n5 BAD FETCH: Too many arguments\r\n");
}
