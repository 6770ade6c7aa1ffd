// SPDX-License-Identifier: Apache-2.0
#include "store/memory_account.hpp"
#include "tests/unit/imap/live_session.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

// Five messages; 2, 3 and 5 are \Deleted.
struct Mail : store::MemoryAccount {
    Mail() {
        for (int i = 1; i <= 5; ++i) {
            mail::Flags flags;
            if (i == 2 || i == 3 || i == 5) flags.set(mail::Flag::deleted);
            inbox().deliver("a: b\n\n", flags);
            inbox().messages.back().row.recent = false;
        }
    }
    Folder& inbox() { return folder("INBOX"); }
    std::vector<std::uint32_t> uids() {
        std::vector<std::uint32_t> all;
        for (const auto& message : inbox().messages)
            all.push_back(message.row.uid);
        return all;
    }
};

using Uids = std::vector<std::uint32_t>;

} // namespace

TEST_CASE("EXPUNGE removes the deleted, highest number first") {
    Mail account;
    CHECK(talk_selected(account, "1 EXPUNGE\r\n2 EXPUNGE\r\n3 EXPUNGE x\r\n") ==
          "* 5 EXPUNGE\r\n* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n1 OK Expunge completed.\r\n2 OK Expunge completed.\r\n3 BAD "
          "EXPUNGE: Too many arguments\r\n");
    CHECK(account.uids() == Uids{1, 4});
}

TEST_CASE("UID EXPUNGE removes only what it names") {
    Mail account;
    CHECK(talk_selected(account, "1 UID EXPUNGE 1:2,5:9\r\n2 UID EXPUNGE\r\n") ==
          "* 5 EXPUNGE\r\n* 2 EXPUNGE\r\n1 OK Expunge completed.\r\n2 BAD UID EXPUNGE: Missing arguments\r\n");
    CHECK(account.uids() == Uids{1, 3, 4});
}

TEST_CASE("EXPUNGE removes what others marked, and tells it before") {
    Mail account;
    asio::io_context io;
    LiveSession client(io, account);
    client.say("s SELECT INBOX\r\n");
    account.inbox().set_flags(1, {static_cast<std::uint8_t>(mail::Flag::deleted)});
    account.inbox().set_flags(2, {});
    CHECK(client.say("1 EXPUNGE\r\n") ==
          "* 1 FETCH (UID 1 FLAGS (\\Deleted))\r\n* 2 FETCH (UID 2 FLAGS ())\r\n* 5 EXPUNGE\r\n* 3 EXPUNGE\r\n* 1 "
          "EXPUNGE\r\n1 OK Expunge completed.\r\n");
    CHECK(account.uids() == Uids{2, 4});
}

TEST_CASE("CLOSE expunges without a word, UNSELECT doesn't") {
    Mail account;
    CHECK(talk_selected(account, "1 UNSELECT\r\n2 CHECK\r\n") ==
          "1 OK Unselect completed.\r\n2 BAD No mailbox selected\r\n");
    CHECK(account.uids().size() == 5);
    CHECK(talk_selected(account, "1 CLOSE\r\n2 CHECK\r\n") == "1 OK Close completed.\r\n2 BAD No mailbox selected\r\n");
    CHECK(account.uids() == Uids{1, 4});
}

TEST_CASE("a CLOSE that can't expunge closes and says so") {
    Mail account;
    asio::io_context io;
    LiveSession client(io, account);
    client.say("s SELECT INBOX\r\n");
    account.fail_next({store::Error::unfinished, store::Error::not_permitted});
    CHECK(client.say("1 CLOSE\r\n2 CHECK\r\n") == "1 OK Close completed.\r\n2 BAD No mailbox selected\r\n");
    CHECK(account.uids().size() == 5);
    client.say("s SELECT INBOX\r\n");
    account.fail_next({store::Error::unfinished, store::Error::unfinished});
    CHECK(client.say("1 CLOSE\r\n") == "1 OK Close completed.\r\n");
    CHECK(account.uids() == Uids{1, 4});
}

TEST_CASE("an EXPUNGE that fails says why") {
    Mail account;
    asio::io_context io;
    LiveSession client(io, account);
    client.say("s SELECT INBOX\r\n");
    account.fail_with(store::Error::unavailable);
    CHECK(client.say("1 EXPUNGE\r\n").starts_with("1 NO [UNAVAILABLE]"));
    account.fail_with(std::nullopt);
    CHECK(account.uids().size() == 5);
}

TEST_CASE("after ENABLE QRESYNC messages vanish by UID, with the new HIGHESTMODSEQ") {
    Mail account;
    CHECK(talk(account, "e ENABLE QRESYNC\r\ns SELECT INBOX\r\n1 UID EXPUNGE 2:3\r\n2 EXPUNGE\r\n3 EXPUNGE\r\n")
              .ends_with("* VANISHED 2:3\r\n1 OK [HIGHESTMODSEQ 8] Expunge completed.\r\n* VANISHED 5\r\n2 OK "
                         "[HIGHESTMODSEQ 9] Expunge completed.\r\n3 OK Expunge completed.\r\n"));
}
