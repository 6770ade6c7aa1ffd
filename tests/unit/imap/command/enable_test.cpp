// SPDX-License-Identifier: Apache-2.0
#include "store/memory_account.hpp"
#include "tests/unit/imap/live_session.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

TEST_CASE("ENABLE names what it has just switched on") {
    store::MemoryAccount account;
    CHECK(
        talk(account, "1 ENABLE CONDSTORE X-FROB\r\n2 ENABLE condstore qresync\r\n3 ENABLE UTF8=ACCEPT IMAP4rev2\r\n4 "
                      "ENABLE IMAP4rev2\r\n5 ENABLE\r\n") ==
        "* ENABLED CONDSTORE\r\n1 OK Enabled.\r\n* ENABLED QRESYNC\r\n2 OK Enabled.\r\n* ENABLED UTF8=ACCEPT "
        "IMAP4rev2\r\n3 OK Enabled.\r\n* ENABLED\r\n4 OK Enabled.\r\n5 BAD ENABLE: Missing arguments\r\n");
}

TEST_CASE("QRESYNC brings CONDSTORE along, in a selected mailbox with its HIGHESTMODSEQ") {
    store::MemoryAccount account;
    account.folder("INBOX").deliver("a: b\n\n");
    CHECK(talk_selected(account, "1 ENABLE QRESYNC\r\n2 ENABLE CONDSTORE\r\n") ==
          "* ENABLED QRESYNC\r\n* OK [HIGHESTMODSEQ 2] Highest\r\n1 OK Enabled.\r\n* ENABLED\r\n2 OK Enabled.\r\n");
}

TEST_CASE("with CONDSTORE flags that others change come with their modseq") {
    store::MemoryAccount account;
    auto& inbox = account.folder("INBOX");
    inbox.deliver("a: b\n\n");
    inbox.messages[0].row.recent = false;
    asio::io_context io;
    LiveSession plain(io, account), condstore(io, account);
    plain.say("1 SELECT INBOX\r\n");
    condstore.say("1 SELECT INBOX (CONDSTORE)\r\n");
    inbox.set_flags(1, {static_cast<std::uint8_t>(mail::Flag::seen)});
    CHECK(plain.say("2 NOOP\r\n") == "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n2 OK NOOP completed.\r\n");
    CHECK(condstore.say("2 NOOP\r\n") == "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (3))\r\n2 OK NOOP completed.\r\n");
}

TEST_CASE("IMAP4rev2 knows no recent messages, names the mailbox and takes names in UTF-8") {
    store::MemoryAccount account;
    auto& folder = account.folder("B\xc3\xbc"
                                  "cher");
    folder.deliver("a: b\n\n");
    asio::io_context io;
    LiveSession client(io, account);
    client.say("1 ENABLE IMAP4rev2\r\n");
    CHECK(client.say("2 SELECT \"B\xc3\xbc"
                     "cher\"\r\n") ==
          "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS (\\Answered \\Flagged "
          "\\Deleted "
          "\\Seen \\Draft \\*)] Flags permitted.\r\n* 1 EXISTS\r\n* LIST () \"/\" \"B\xc3\xbc"
          "cher\"\r\n"
          "* OK [UIDVALIDITY 1] UIDs valid\r\n* OK [UIDNEXT 2] Predicted next UID\r\n* OK [HIGHESTMODSEQ 2] Highest\r\n"
          "* OK [MAILBOXID (F2)] Mailbox id\r\n2 OK [READ-WRITE] Select completed.\r\n");
    folder.deliver("a: b\n\n");
    CHECK(client.say("3 NOOP\r\n") == "* 2 EXISTS\r\n3 OK NOOP completed.\r\n");
    CHECK(client.say("4 STORE 1 +FLAGS (\\Seen)\r\n") == "* 1 FETCH (FLAGS (\\Seen))\r\n4 OK Store completed.\r\n");
    CHECK(client.say("5 SELECT \"\xff\"\r\n") == "5 BAD SELECT: Mailbox name is not valid UTF-8\r\n");
}
