// SPDX-License-Identifier: Apache-2.0
#include "store/memory_account.hpp"
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

std::string idle(
    FakeAccount& account, std::vector<Step> steps, std::chrono::milliseconds notify = std::chrono::minutes(2)) {
    steps.insert(steps.begin(), "s SELECT INBOX\r\n");
    ScriptedConnection connection(std::move(steps));
    RenderedItems rendered;
    SessionInfo info;
    info.idle_notify_interval = notify;
    const auto output = play_on(connection, account, rendered, std::move(info)).output;
    CHECK(connection.watched == 1000);
    return output.substr(output.find("Select completed.\r\n") + 19);
}

} // namespace

TEST_CASE("IDLE tells what others do, and ends with DONE") {
    FakeAccount account;
    account.inbox().add("a: b\n\n");
    const std::function<void()> arrive = [&] { account.inbox().add("a: b\n\n"); };
    const std::function<void()> leave = [&] { account.inbox().remove(1); };
    CHECK(idle(account, {"1 IDLE\r\n", arrive, Wake::watch, leave, Wake::watch, "do", "ne\r\n", "2 NOOP\r\n"}) ==
          "+ idling\r\n* 2 EXISTS\r\n* 0 RECENT\r\n* 1 EXPUNGE\r\n1 OK Idle completed.\r\n2 OK NOOP completed.\r\n");
}

TEST_CASE("IDLE tells at once what happened before it began") {
    FakeAccount account;
    const std::function<void()> arrive = [&] { account.inbox().add("a: b\n\n"); };
    CHECK(idle(account, {arrive, "1 IDLE\r\n", "DONE\r\n"}) ==
          "+ idling\r\n* 1 EXISTS\r\n* 0 RECENT\r\n1 OK Idle completed.\r\n");
}

TEST_CASE("IDLE says that it is still here") {
    FakeAccount account;
    CHECK(idle(account, {"1 IDLE\r\n", Wake::timeout, "DONE\r\n"}, std::chrono::milliseconds(0)) ==
          "+ idling\r\n* OK Still here\r\n1 OK Idle completed.\r\n");
}

TEST_CASE("anything but DONE ends IDLE with BAD") {
    FakeAccount account;
    CHECK(idle(account, {"1 IDLE\r\n", "2 NOOP\r\n", "3 NOOP\r\n"}) ==
          "+ idling\r\n1 BAD Expected DONE.\r\n3 OK NOOP completed.\r\n");
}

TEST_CASE("DONE may come in one packet with IDLE and what follows") {
    FakeAccount account;
    ScriptedConnection connection({"1 IDLE\r\nDONE\r\n2 NOOP\r\n"});
    RenderedItems rendered;
    CHECK(play_on(connection, account, rendered).output ==
          "+ idling\r\n1 OK Idle completed.\r\n2 OK NOOP completed.\r\n");
}

TEST_CASE("a client that closes in IDLE is not answered") {
    FakeAccount account;
    CHECK(idle(account, {"1 IDLE\r\n"}) == "+ idling\r\n");
}

TEST_CASE("a session ended from outside leaves IDLE with BYE") {
    FakeAccount account;
    CHECK(idle(account, {"1 IDLE\r\n", error_code(asio::error::operation_aborted)}) ==
          "+ idling\r\n* BYE [UNAVAILABLE] The server ends this session, please connect again.\r\n1 OK Idle "
          "completed.\r\n");
}

TEST_CASE("a mailbox that vanishes ends IDLE") {
    FakeAccount account;
    const std::function<void()> remove = [&] { account.inbox().fails = store::Error::no_such_mailbox; };
    CHECK(idle(account, {"1 IDLE\r\n", remove, Wake::watch, "DONE\r\n"}) ==
          "+ idling\r\n* BYE The selected mailbox was deleted.\r\n1 OK Idle completed.\r\n");
}

TEST_CASE("IDLE without a mailbox awaits DONE") {
    FakeAccount account;
    CHECK(talk(account, "1 IDLE\r\nDONE\r\n") == "+ idling\r\n1 OK Idle completed.\r\n");
    CHECK(talk(account, "1 IDLE x\r\n") == "1 BAD IDLE: Too many arguments\r\n");
}

TEST_CASE("IDLE looks from time to time when the system has no watch to spare") {
    store::MemoryAccount account;
    const std::function<void()> arrive = [&] { account.folder("INBOX").deliver("a: b\n\n"); };
    const std::function<void()> leave = [&] { account.folder("INBOX").expunge(1); };
    ScriptedConnection connection(
        {"s SELECT INBOX\r\n", "1 IDLE\r\n", arrive, Wake::timeout, leave, Wake::timeout, "DONE\r\n"});
    RenderedItems rendered;
    const auto output = play_on(connection, account, rendered).output;
    CHECK(connection.watched == -1);
    CHECK(connection.patience <= std::chrono::seconds(15));
    CHECK(output.ends_with("+ idling\r\n* 1 EXISTS\r\n* 1 RECENT\r\n* 1 EXPUNGE\r\n1 OK Idle completed.\r\n"));
}

TEST_CASE("IDLE with QRESYNC tells what vanished by UID") {
    store::MemoryAccount account;
    account.folder("INBOX").deliver("a: b\n\n");
    const std::function<void()> leave = [&] { account.folder("INBOX").expunge(1); };
    CHECK(play(account, {"e ENABLE QRESYNC\r\ns SELECT INBOX\r\n", "1 IDLE\r\n", leave, Wake::timeout, "DONE\r\n"})
              .output.ends_with("+ idling\r\n* VANISHED 1\r\n1 OK Idle completed.\r\n"));
}

TEST_CASE("a message announced in IDLE ends it and is thrown away") {
    FakeAccount account;
    CHECK(idle(account, {"1 IDLE\r\n", "2 APPEND INBOX {3+}\r\nabc\r\n3 NOOP\r\n"}) ==
          "+ idling\r\n1 BAD Expected DONE.\r\n3 OK NOOP completed.\r\n");
}
