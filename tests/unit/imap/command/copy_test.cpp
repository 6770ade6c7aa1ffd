// SPDX-License-Identifier: Apache-2.0
#include "store/memory_account.hpp"
#include "tests/unit/imap/live_session.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

struct Mail : store::MemoryAccount {
    Mail() {
        inbox().keywords = {"Junk"};
        for (int i = 1; i <= 4; ++i) {
            inbox().deliver("n: " + std::to_string(i) + "\n\n");
            inbox().messages.back().row.recent = false;
        }
        inbox().find(2)->row.flags.set(mail::Flag::seen);
        inbox().find(2)->row.keywords = 1;
        work().uidvalidity = 7;
        work().uidnext = 10;
    }
    Folder& inbox() { return folder("INBOX"); }
    Folder& work() { return folder("Work"); }
};

} // namespace

TEST_CASE("COPY keeps flags and keywords, and tells the UIDs") {
    Mail account;
    CHECK(talk_selected(account, "1 COPY 2,4 Work\r\n2 UID COPY 1:2 \"Work\"\r\n") ==
          "1 OK [COPYUID 7 2,4 10:11] Copy completed.\r\n2 OK [COPYUID 7 1:2 12:13] Copy completed.\r\n");
    REQUIRE(account.work().messages.size() == 4);
    CHECK(account.work().messages[0].row.flags.has(mail::Flag::seen));
    CHECK(account.work().messages[0].row.keywords == 1);
    CHECK(account.work().keywords == std::vector<std::string>{"Junk"});
    CHECK(account.inbox().messages.size() == 4);
}

TEST_CASE("COPY into the selected mailbox shows the copies") {
    Mail account;
    CHECK(talk_selected(account, "1 COPY 1 inbox\r\n") ==
          "* 5 EXISTS\r\n* 1 RECENT\r\n1 OK [COPYUID 1 1 5] Copy completed.\r\n");
}

TEST_CASE("COPY is all or nothing") {
    Mail account;
    asio::io_context io;
    LiveSession client(io, account);
    client.say("s SELECT INBOX\r\n");
    account.inbox().expunge(3);
    CHECK(client.say("1 COPY 1:4 Work\r\n") == "1 NO [EXPUNGEISSUED] Some messages have been expunged meanwhile\r\n");
    CHECK(account.work().messages.empty());
    account.limit_quota(0, 5);
    CHECK(client.say("2 COPY 1:2,4 Work\r\n3 MOVE 1:2 nowhere\r\n") ==
          "2 NO [OVERQUOTA] No room is left in this account\r\n3 NO [TRYCREATE] Mailbox doesn't exist: nowhere\r\n");
    CHECK(account.work().messages.empty());
    CHECK(account.inbox().messages.size() == 3);
}

TEST_CASE("copying nothing is no error, numbers that aren't there are") {
    Mail account;
    CHECK(
        talk_selected(account,
            "1 UID COPY 9 Work\r\n2 UID MOVE 9 Work\r\n3 COPY 9 Work\r\n4 MOVE 5 Work\r\n5 COPY 1\r\n"
            "6 MOVE x Work\r\n") ==
        "1 OK No messages copied.\r\n2 OK No messages moved.\r\n3 BAD The mailbox has no message of this number\r\n4 "
        "BAD The mailbox has no message of this number\r\n5 BAD COPY: Missing arguments\r\n6 BAD MOVE: Invalid message "
        "set\r\n");
}

TEST_CASE("MOVE tells the new UIDs before the messages go") {
    Mail account;
    CHECK(talk_selected(account, "1 MOVE 2:3 Work\r\n2 UID MOVE 4 Work\r\n") ==
          "* OK [COPYUID 7 2:3 10:11] Moved.\r\n* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n1 OK Move completed.\r\n"
          "* OK [COPYUID 7 4 12] Moved.\r\n* 2 EXPUNGE\r\n2 OK Move completed.\r\n");
    CHECK(account.inbox().messages.size() == 1);
    CHECK(account.work().messages.size() == 3);
    CHECK(account.work().messages[0].row.flags.has(mail::Flag::seen));
    CHECK_FALSE(account.work().messages[0].row.flags.has(mail::Flag::deleted));
}

TEST_CASE("MOVE with QRESYNC") {
    Mail account;
    CHECK(talk(account, "e ENABLE QRESYNC\r\ns SELECT INBOX\r\n1 UID MOVE 1,3 Work\r\n")
              .ends_with("* OK [COPYUID 7 1,3 10:11] Moved.\r\n* VANISHED 1,3\r\n1 OK [HIGHESTMODSEQ 7] Move "
                         "completed.\r\n"));
}

TEST_CASE("a MOVE that can't remove leaves both and says so") {
    Mail account;
    asio::io_context io;
    LiveSession client(io, account);
    client.say("s SELECT INBOX\r\n");
    // intake, take, commit, then the removal
    account.fail_next(
        {store::Error::unfinished, store::Error::unfinished, store::Error::unfinished, store::Error::unfinished});
    CHECK(client.say("1 MOVE 1 Work\r\n").ends_with("* 1 EXPUNGE\r\n1 OK Move completed.\r\n"));
    CHECK(account.work().messages.size() == 1);
}
