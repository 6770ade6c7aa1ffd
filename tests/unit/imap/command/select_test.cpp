// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

TEST_CASE("SELECT describes the mailbox") {
    FakeAccount account;
    account.inbox().keywords = {"$Label1", "bad word", "Junk"};
    account.inbox().add("a: b\n\n").row.flags.set(mail::Flag::seen);
    account.inbox().add("a: b\n\n").row.recent = true;
    CHECK(talk(account, "1 SELECT inbox\r\n") ==
          "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1 Junk)\r\n"
          "* OK [PERMANENTFLAGS ()] Flags can't be changed here.\r\n"
          "* 2 EXISTS\r\n* 1 RECENT\r\n* OK [UNSEEN 2] First unseen.\r\n* OK [UIDVALIDITY 1000] UIDs valid\r\n"
          "* OK [UIDNEXT 3] Predicted next UID\r\n1 OK [READ-WRITE] Select completed.\r\n");
}

TEST_CASE("EXAMINE is read-only, and an empty mailbox has nothing unseen") {
    FakeAccount account;
    CHECK(talk(account, "1 EXAMINE INBOX\r\n") ==
          "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS ()] Flags can't be changed "
          "here.\r\n"
          "* 0 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1000] UIDs valid\r\n* OK [UIDNEXT 1] Predicted next UID\r\n"
          "1 OK [READ-ONLY] Examine completed.\r\n");
}

TEST_CASE("a SELECT that fails leaves nothing selected") {
    FakeAccount account;
    account.add("dir").info.selectable = false;
    CHECK(talk_selected(account, "1 SELECT nowhere\r\n2 CHECK\r\n") ==
          "1 NO [NONEXISTENT] Mailbox doesn't exist: nowhere\r\n2 BAD No mailbox selected\r\n");
    CHECK(talk_selected(account, "1 SELECT dir\r\n") ==
          "1 NO [CANNOT] Mailbox holds other mailboxes but no mail: dir\r\n");
    CHECK(talk_selected(account, "1 SELECT INBOX (CONDSTORE)\r\n") == "1 BAD SELECT: Too many arguments\r\n");
}

TEST_CASE("CLOSE and UNSELECT deselect") {
    FakeAccount account;
    CHECK(talk_selected(account, "1 CLOSE\r\n2 CHECK\r\n") == "1 OK Close completed.\r\n2 BAD No mailbox selected\r\n");
    CHECK(talk_selected(account, "1 UNSELECT\r\n2 CHECK\r\n") ==
          "1 OK Unselect completed.\r\n2 BAD No mailbox selected\r\n");
}

TEST_CASE("NOOP tells what others did: expunges highest first, then flags, then arrivals") {
    FakeAccount account;
    for (int i = 0; i < 5; ++i)
        account.inbox().add("a: b\n\n");
    const std::function<void()> change = [&] {
        auto& inbox = account.inbox();
        inbox.remove(2);
        inbox.remove(4);
        inbox.find(5)->row.flags.set(mail::Flag::flagged);
        inbox.keywords.push_back("New");
        inbox.find(5)->row.keywords = 1;
        inbox.add("a: b\n\n").row.recent = true;
    };
    const auto transcript = play(account, {"s SELECT INBOX\r\n", change, "1 NOOP\r\n2 CHECK\r\n"});
    CHECK(transcript.output.substr(transcript.output.find("Select completed.\r\n") + 19) ==
          "* 4 EXPUNGE\r\n* 2 EXPUNGE\r\n* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft New)\r\n"
          "* OK [PERMANENTFLAGS ()] Flags can't be changed here.\r\n* 3 FETCH (UID 5 FLAGS (\\Flagged New))\r\n* 4 "
          "EXISTS\r\n* 1 RECENT\r\n"
          "1 OK NOOP completed.\r\n2 OK Check completed.\r\n");
}

TEST_CASE("no expunge is told while FETCH and SEARCH by number run") {
    FakeAccount account;
    for (int i = 0; i < 3; ++i)
        account.inbox().add("a: b\n\n");
    const std::function<void()> change = [&] { account.inbox().remove(1); };
    const auto transcript =
        play(account, {"s SELECT INBOX\r\n", change, "1 FETCH 3 UID\r\n2 SEARCH ALL\r\n3 NOOP\r\n4 FETCH 2 UID\r\n"});
    CHECK(transcript.output.substr(transcript.output.find("Select completed.\r\n") + 19) ==
          "* 3 FETCH (UID 3)\r\n1 OK Fetch completed.\r\n* SEARCH 1 2 3\r\n2 OK Search completed.\r\n"
          "* 1 EXPUNGE\r\n3 OK NOOP completed.\r\n* 2 FETCH (UID 3)\r\n4 OK Fetch completed.\r\n");
}

TEST_CASE("a mailbox that is deleted or made anew ends the session") {
    FakeAccount account;
    const std::function<void()> remove = [&] { account.inbox().fails = store::Error::no_such_mailbox; };
    auto transcript = play(account, {"s SELECT INBOX\r\n", remove, "1 NOOP\r\n2 NOOP\r\n"});
    CHECK(transcript.ended.final_bytes.ends_with(
        "* BYE The selected mailbox was deleted.\r\n1 NO [NONEXISTENT] Mailbox doesn't exist: INBOX\r\n"));
    CHECK(transcript.ended.reason == "Disconnected: Selected mailbox was deleted");
    account.inbox().fails = {};
    const std::function<void()> renew = [&] { account.inbox().uidvalidity = 2000; };
    transcript = play(account, {"s SELECT INBOX\r\n", renew, "1 NOOP\r\n"});
    CHECK(transcript.ended.reason == "Disconnected: UIDVALIDITY changed");
}

TEST_CASE("NOOP says when it can't look") {
    FakeAccount account;
    const std::function<void()> lock = [&] { account.inbox().fails = store::Error::in_use; };
    const auto transcript = play(account, {"s SELECT INBOX\r\n", lock, "1 NOOP\r\n"});
    CHECK(transcript.output.ends_with("1 NO [INUSE] Another program holds the mailbox's lock, try again later\r\n"));
}
