// SPDX-License-Identifier: Apache-2.0
#include "store/memory_account.hpp"
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/live_session.hpp"
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
          "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1 Junk \\*)] Flags permitted.\r\n"
          "* 2 EXISTS\r\n* 1 RECENT\r\n* OK [UNSEEN 2] First unseen.\r\n* OK [UIDVALIDITY 1000] UIDs valid\r\n"
          "* OK [UIDNEXT 3] Predicted next UID\r\n* OK [NOMODSEQ] No permanent mod-sequences.\r\n1 OK [READ-WRITE] "
          "Select completed.\r\n");
}

TEST_CASE("EXAMINE is read-only, and an empty mailbox has nothing unseen") {
    FakeAccount account;
    CHECK(talk(account, "1 EXAMINE INBOX\r\n") ==
          "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS ()] Read-only mailbox.\r\n"
          "* 0 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1000] UIDs valid\r\n* OK [UIDNEXT 1] Predicted next UID\r\n"
          "* OK [NOMODSEQ] No permanent mod-sequences.\r\n"
          "1 OK [READ-ONLY] Examine completed.\r\n");
}

TEST_CASE("a SELECT that fails leaves nothing selected") {
    FakeAccount account;
    account.add("dir").info.selectable = false;
    CHECK(talk_selected(account, "1 SELECT nowhere\r\n2 CHECK\r\n") ==
          "* OK [CLOSED] Previous mailbox closed.\r\n1 NO [NONEXISTENT] Mailbox doesn't exist: nowhere\r\n2 BAD No "
          "mailbox selected\r\n");
    CHECK(talk_selected(account, "1 SELECT dir\r\n") ==
          "* OK [CLOSED] Previous mailbox closed.\r\n1 NO [CANNOT] Mailbox holds other mailboxes but no mail: dir\r\n");
    CHECK(talk_selected(account, "1 SELECT INBOX (FROB)\r\n2 CHECK\r\n") ==
          "1 BAD SELECT: Unknown SELECT parameter\r\n2 OK Check completed.\r\n");
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
          "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft New \\*)] Flags permitted.\r\n* 3 FETCH "
          "(UID 5 FLAGS (\\Flagged New))\r\n* 4 "
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

namespace {

// UIDs 1 to 6 with modseqs 2 to 7; then 2 and 5 are expunged (8, 9) and 3 is flagged (10).
struct Changed : store::MemoryAccount {
    Changed() {
        for (int i = 0; i < 6; ++i) {
            inbox().deliver("a: b\n\n");
            inbox().messages.back().row.recent = false;
        }
        inbox().expunge(2);
        inbox().expunge(5);
        inbox().set_flags(3, {static_cast<std::uint8_t>(mail::Flag::flagged)});
    }
    Folder& inbox() { return folder("INBOX"); }
    /// What follows "MAILBOXID" in the answer to SELECT (QRESYNC `known`).
    std::string resynchronise(const std::string& known) {
        const auto output = talk(*this, "e ENABLE QRESYNC\r\n1 SELECT INBOX (QRESYNC " + known + ")\r\n");
        constexpr std::string_view before = "Mailbox id\r\n";
        const auto at = output.find(before);
        return at == std::string::npos ? output.substr(output.find("1 ")) : output.substr(at + before.size());
    }
};

const std::string selected = "1 OK [READ-WRITE] Select completed.\r\n";
const std::string flagged = "* 2 FETCH (UID 3 FLAGS (\\Flagged) MODSEQ (10))\r\n";

} // namespace

TEST_CASE("SELECT (QRESYNC) tells what has changed since") {
    Changed account;
    CHECK(account.resynchronise("(1 7)") == "* VANISHED (EARLIER) 2,5\r\n" + flagged + selected);
    CHECK(account.resynchronise("(1 8)") == "* VANISHED (EARLIER) 5\r\n" + flagged + selected);
    CHECK(account.resynchronise("(1 9)") == flagged + selected);
    CHECK(account.resynchronise("(1 10)") == selected);
    CHECK(account.resynchronise("(1 5)") ==
          "* VANISHED (EARLIER) 2,5\r\n" + flagged + "* 4 FETCH (UID 6 FLAGS () MODSEQ (7))\r\n" + selected);
}

TEST_CASE("what is known of another mailbox of this name is worth nothing") {
    Changed account;
    CHECK(account.resynchronise("(2 7)") == selected);
    account.inbox().keeps_modseqs = false;
    CHECK(account.resynchronise("(1 7)") == selected);
}

TEST_CASE("only UIDs that the client knows are told") {
    Changed account;
    CHECK(account.resynchronise("(1 7 1:3)") == "* VANISHED (EARLIER) 2\r\n" + flagged + selected);
    CHECK(account.resynchronise("(1 7 4,5:9)") == "* VANISHED (EARLIER) 5\r\n" + selected);
}

TEST_CASE("when tombstones are forgotten, what the client proves to have is not told") {
    Changed account;
    account.inbox().tombstone_floor = 10;
    CHECK(account.resynchronise("(1 9)") == "* VANISHED (EARLIER) 2,5\r\n" + flagged + selected);
    // It has seen 2 go: its message 3 is UID 4.
    CHECK(account.resynchronise("(1 9 1,3:6 (1,3 1,4))") == "* VANISHED (EARLIER) 5\r\n" + flagged + selected);
    CHECK(account.resynchronise("(1 9 (1,3:4 1,4,6))") == flagged + selected);
    CHECK(account.resynchronise("(1 9 (1:5 1:5))") == "* VANISHED (EARLIER) 2,5\r\n" + flagged + selected);
}

TEST_CASE("QRESYNC parameters that are none are BAD") {
    Changed account;
    for (const std::string known : {"", "()", "(1)", "(0 1)", "(1 0)", "(1 7 1:*)", "(1 7 (1))", "(1 7 (1 *))",
             "(1 7 1 2)", "(x 7)", "(1 7", "(1 7) CONDSTORE) x"})
        CHECK(account.resynchronise(known).starts_with("1 BAD SELECT: "));
    CHECK(talk(account, "1 SELECT INBOX (QRESYNC (1 7))\r\n") == "1 BAD SELECT: QRESYNC is not enabled\r\n");
    CHECK(talk(account, "1 SELECT INBOX ()\r\n").starts_with("1 BAD"));
}

TEST_CASE("the mailbox that SELECT leaves is closed in words") {
    store::MemoryAccount account;
    const auto output = talk_selected(account, "1 EXAMINE INBOX\r\n");
    CHECK(output.starts_with("* OK [CLOSED] Previous mailbox closed.\r\n* FLAGS ("));
    CHECK(output.find("* OK [HIGHESTMODSEQ 1] Highest\r\n* OK [MAILBOXID (F1)] Mailbox id\r\n1 OK [READ-ONLY]") !=
          std::string::npos);
}
