// SPDX-License-Identifier: Apache-2.0
#include "store/memory_account.hpp"
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/live_session.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

struct Mail : store::MemoryAccount {
    explicit Mail(int count = 3) {
        for (int i = 0; i < count; ++i)
            inbox().deliver("a: b\n\n");
        for (auto& message : inbox().messages)
            message.row.recent = false;
    }
    Folder& inbox() { return folder("INBOX"); }
    bool has(std::uint32_t uid, mail::Flag flag) { return inbox().find(uid)->row.flags.has(flag); }
};

} // namespace

TEST_CASE("STORE adds, removes and replaces flags and tells the result") {
    Mail account;
    CHECK(talk_selected(account,
              "1 STORE 1:2 +FLAGS (\\Seen \\Flagged)\r\n2 STORE 2 -FLAGS \\Seen\r\n3 UID STORE 3 FLAGS "
              "(\\Answered $New)\r\n4 STORE 2 FLAGS ()\r\n") ==
          "* 1 FETCH (FLAGS (\\Flagged \\Seen))\r\n* 2 FETCH (FLAGS (\\Flagged \\Seen))\r\n1 OK Store completed.\r\n"
          "* 2 FETCH (FLAGS (\\Flagged))\r\n2 OK Store completed.\r\n"
          "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $New)\r\n* OK [PERMANENTFLAGS (\\Answered \\Flagged "
          "\\Deleted \\Seen \\Draft $New \\*)] Flags permitted.\r\n"
          "* 3 FETCH (UID 3 FLAGS (\\Answered $New))\r\n3 OK Store completed.\r\n"
          "* 2 FETCH (FLAGS ())\r\n4 OK Store completed.\r\n");
    CHECK(account.has(1, mail::Flag::seen));
    CHECK(account.inbox().find(2)->row.flags.bits == 0);
    CHECK(account.inbox().keywords == std::vector<std::string>{"$New"});
}

TEST_CASE("a silent STORE tells only what the client can't know") {
    Mail account;
    asio::io_context io;
    LiveSession client(io, account);
    client.say("s SELECT INBOX\r\n");
    CHECK(client.say("1 STORE 1:3 +FLAGS.SILENT (\\Seen)\r\n") == "1 OK Store completed.\r\n");
    account.inbox().set_flags(2, {static_cast<std::uint8_t>(mail::Flag::draft)});
    CHECK(client.say("2 STORE 1:3 +FLAGS.SILENT \\Flagged\r\n") ==
          "* 2 FETCH (FLAGS (\\Flagged \\Draft))\r\n2 OK Store completed.\r\n");
    CHECK(client.say("3 NOOP\r\n") == "3 OK NOOP completed.\r\n");
}

TEST_CASE("keywords have no case and a limit") {
    Mail account;
    CHECK(talk_selected(account, "1 STORE 1 +FLAGS.SILENT (Junk)\r\n2 STORE 2 +FLAGS.SILENT (jUNK)\r\n")
              .ends_with("1 OK Store completed.\r\n2 OK Store completed.\r\n"));
    CHECK(account.inbox().keywords.size() == 1);
    for (std::size_t i = 1; i < store::keywords_max; ++i)
        account.inbox().keywords.push_back("k" + std::to_string(i));
    const auto output = talk(account, "s SELECT INBOX\r\n1 STORE 1 +FLAGS (more)\r\n2 STORE 1 +FLAGS (K63)\r\n");
    CHECK(output.find("\\*") == std::string::npos);
    CHECK(output.find("1 NO [LIMIT]") != std::string::npos);
    CHECK(output.ends_with("2 OK Store completed.\r\n"));
    CHECK(account.inbox().find(1)->row.keywords == (std::uint64_t{1} << 63 | 1));
}

TEST_CASE("STORE by number refuses numbers that aren't there, by UID it doesn't") {
    Mail account;
    CHECK(talk_selected(account, "1 STORE 4 +FLAGS \\Seen\r\n2 UID STORE 4:9 +FLAGS \\Seen\r\n") ==
          "1 BAD The mailbox has no message of this number\r\n2 OK Store completed.\r\n");
}

TEST_CASE("what STORE doesn't understand is BAD") {
    Mail account;
    for (const std::string_view arguments : {"1", "1 FLAGS", "1 FLAG (\\Seen)", "1 FLAGS (\\Seen", "1 FLAGS (\\Recent)",
             "1 FLAGS (\\Foo)", "1 FLAGS \\Seen)", "1 +FLAGS.LOUD ()", "1 (X 1) FLAGS ()",
             "1 (UNCHANGEDSINCE) FLAGS ()", "1 (UNCHANGEDSINCE 1)", "1 FLAGS (a\"b\")", "x FLAGS ()", "1 FLAGS () x"})
        CHECK(talk_selected(account, "1 STORE " + std::string(arguments) + "\r\n").starts_with("1 BAD STORE: "));
    CHECK(talk_selected(account, "1 STORE 1 FLAGS " + std::string(101, 'k') + "\r\n") ==
          "1 BAD STORE: A keyword is too long\r\n");
}

TEST_CASE("a mailbox that is open for reading only takes no flags") {
    Mail account;
    CHECK(
        talk(account, "s EXAMINE INBOX\r\n1 STORE 1 +FLAGS \\Seen\r\n2 EXPUNGE\r\n3 MOVE 1 x\r\n4 CLOSE\r\n")
            .ends_with("1 NO [READ-ONLY] The mailbox is selected read-only\r\n2 NO [READ-ONLY] The mailbox is selected "
                       "read-only\r\n3 NO [READ-ONLY] The mailbox is selected read-only\r\n4 OK Close completed.\r\n"));
}

TEST_CASE("conditional STORE leaves changed messages alone and names them") {
    Mail account; // modseqs 2, 3, 4
    CHECK(talk_selected(account, "1 STORE 1:3 (UNCHANGEDSINCE 3) +FLAGS.SILENT (\\Seen)\r\n2 UID STORE 1:* "
                                 "(UNCHANGEDSINCE 0) FLAGS ()\r\n3 STORE 3 +FLAGS (\\Seen)\r\n") ==
          "* OK [HIGHESTMODSEQ 4] Highest\r\n"
          "* 1 FETCH (UID 1 MODSEQ (5))\r\n* 2 FETCH (UID 2 MODSEQ (5))\r\n1 OK [MODIFIED 3] Conditional store "
          "failed.\r\n"
          "2 OK [MODIFIED 1:3] Conditional store failed.\r\n"
          "* 3 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (6))\r\n3 OK Store completed.\r\n");
}

TEST_CASE("a mailbox without modseqs takes no conditional STORE") {
    FakeAccount account;
    account.inbox().add("a: b\n\n");
    CHECK(talk_selected(account, "1 STORE 1 (UNCHANGEDSINCE 3) FLAGS ()\r\n").starts_with("1 BAD"));
}

TEST_CASE("flags of a message that others expunged can't be stored") {
    Mail account;
    asio::io_context io;
    LiveSession client(io, account);
    client.say("s SELECT INBOX (CONDSTORE)\r\n");
    account.inbox().expunge(2);
    CHECK(client.say("1 STORE 1:2 +FLAGS.SILENT (\\Seen)\r\n") ==
          "* 1 FETCH (UID 1 MODSEQ (6))\r\n1 OK [EXPUNGEISSUED] Store completed, but some messages have been expunged meanwhile\r\n");
    CHECK(client.say("2 STORE 1:2 (UNCHANGEDSINCE 1) +FLAGS.SILENT (\\Seen)\r\n") ==
          "2 NO [MODIFIED 1] Some messages have been expunged meanwhile\r\n");
    CHECK(client.say("3 NOOP\r\n").starts_with("* 2 EXPUNGE\r\n"));
}

TEST_CASE("many messages are stored in slices") {
    Mail account(1000);
    const auto output = talk_selected(account, "1 STORE 1:* +FLAGS (\\Seen)\r\n");
    CHECK(std::count(output.begin(), output.end(), '\n') == 1001);
    CHECK(output.ends_with("* 1000 FETCH (FLAGS (\\Seen))\r\n1 OK Store completed.\r\n"));
}
