// SPDX-License-Identifier: Apache-2.0
#include "store/memory_account.hpp"
#include "tests/unit/imap/live_session.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

std::string append(store::Account& account, std::string_view commands) {
    return talk(account, commands);
}

} // namespace

TEST_CASE("APPEND stores a message with its flags, keywords and date") {
    store::MemoryAccount account;
    CHECK(append(account, "1 APPEND INBOX (\\Seen $Label) \" 7-Feb-1994 21:52:25 -0800\" {4}\r\nabc\n\r\n2 NOOP\r\n") ==
          "+ OK\r\n1 OK [APPENDUID 1 1] Append completed.\r\n2 OK NOOP completed.\r\n");
    const auto& inbox = account.folder("INBOX");
    REQUIRE(inbox.messages.size() == 1);
    CHECK(inbox.messages[0].bytes == "abc\n");
    CHECK(inbox.messages[0].row.flags.has(mail::Flag::seen));
    CHECK(inbox.messages[0].row.keywords == 1);
    CHECK(inbox.keywords == std::vector<std::string>{"$Label"});
    CHECK(inbox.messages[0].row.internal_date == 760686745);
}

TEST_CASE("a non-synchronising message isn't waited for") {
    store::MemoryAccount account;
    CHECK(append(account, "1 APPEND INBOX {3+}\r\nabc\r\n") == "1 OK [APPENDUID 1 1] Append completed.\r\n");
    CHECK(append(account, std::string("1 APPEND INBOX ~{3+}\r\na\0c\r\n", 27)) ==
          "1 OK [APPENDUID 1 2] Append completed.\r\n");
    CHECK(account.folder("INBOX").messages[1].bytes == std::string("a\0c", 3));
}

TEST_CASE("several messages of one APPEND come together or not at all") {
    store::MemoryAccount account;
    CHECK(append(account, "1 APPEND INBOX (\\Seen) {1}\r\na (\\Flagged) {2+}\r\nbb \"17-Jul-1996 02:44:25 +0000\" "
                          "{3}\r\nccc\r\n") == "+ OK\r\n+ OK\r\n1 OK [APPENDUID 1 1:3] Append completed.\r\n");
    auto& inbox = account.folder("INBOX");
    REQUIRE(inbox.messages.size() == 3);
    CHECK(inbox.messages[1].bytes == "bb");
    CHECK(inbox.messages[2].row.internal_date == 837571465);
    CHECK(append(account, "1 APPEND INBOX {1+}\r\na (\\Foo) {2}\r\n2 NOOP\r\n") ==
          "1 BAD APPEND: Invalid system flag \\Foo\r\n2 OK NOOP completed.\r\n");
    CHECK(append(account, "1 APPEND INBOX {1+}\r\na (\\Seen) {0}\r\n2 NOOP\r\n") ==
          "1 NO [CANNOT] A message can't be empty\r\n2 OK NOOP completed.\r\n");
    CHECK(append(account, "1 APPEND INBOX {1+}\r\na x\r\n2 NOOP\r\n") ==
          "1 BAD APPEND: Too many arguments\r\n2 OK NOOP completed.\r\n");
    CHECK(inbox.messages.size() == 3);
}

TEST_CASE("the mailbox's name may be a literal too") {
    store::MemoryAccount account;
    account.folder("Work");
    CHECK(append(account, "1 APPEND {4}\r\nWork {1}\r\na\r\n2 APPEND {4+}\r\nWork (\\Seen) {1+}\r\nb\r\n") ==
          "+ OK\r\n+ OK\r\n1 OK [APPENDUID 1 1] Append completed.\r\n2 OK [APPENDUID 1 2] Append completed.\r\n");
}

TEST_CASE("what can't be appended is refused before it is sent, and thrown away when it comes unasked") {
    store::MemoryAccount account;
    account.limit_message_bytes(100);
    const auto both = [&](std::string_view command, int size, std::string_view refusal) {
        const auto head = std::string(command) + " {" + std::to_string(size);
        const auto expected = std::string(refusal) + "\r\n2 OK NOOP completed.\r\n";
        CHECK(append(account, head + "}\r\n2 NOOP\r\n") == expected);
        CHECK(append(account, head + "+}\r\n" + std::string(static_cast<std::size_t>(size), 'x') + "\r\n2 NOOP\r\n") ==
              expected);
    };
    both("1 APPEND nowhere", 5, "1 NO [TRYCREATE] Mailbox doesn't exist: nowhere");
    both("1 APPEND INBOX", 101, "1 NO [TOOBIG] The message is larger than this server takes");
    both("1 APPEND INBOX (\\Recent)", 5, "1 BAD APPEND: Invalid system flag \\Recent");
    both("1 APPEND INBOX \"yesterday\"", 5, "1 BAD APPEND: Invalid internal date");
    both("1 APPEND INBOX UTF8 (~{3} x", 5, "1 BAD APPEND: Too many arguments");
    both("1 APPEND INBOX CATENATE (TEXT", 5, "1 BAD APPEND: CATENATE is not served");
    account.limit_quota(10, 0);
    both("1 APPEND INBOX", 11, "1 NO [OVERQUOTA] No room is left in this account");
    CHECK(append(account, "1 APPEND INBOX\r\n2 APPEND INBOX (\\Seen)\r\n3 APPEND {5+}\r\nINBOX\r\n") ==
          "1 BAD APPEND: A message is missing\r\n2 BAD APPEND: A message is missing\r\n3 BAD APPEND: A message is "
          "missing\r\n");
    CHECK(account.folder("INBOX").messages.empty());
}

TEST_CASE("a store that fails in the middle of a message costs the message and nothing else") {
    store::MemoryAccount account;
    asio::io_context io;
    LiveSession client(io, account);
    CHECK(client.say("1 APPEND INBOX {100}\r\n") == "+ OK\r\n");
    CHECK(client.say(std::string(50, 'x')).empty());
    account.fail_next({store::Error::over_quota});
    CHECK(client.say(std::string(20, 'x')).empty());
    CHECK(client.say(std::string(30, 'x') + " (\\Seen) {5+}\r\nabcde\r\n2 NOOP\r\n") ==
          "1 NO [OVERQUOTA] No room is left in this account\r\n2 OK NOOP completed.\r\n");
    CHECK(account.folder("INBOX").messages.empty());
}

TEST_CASE("a client that goes in the middle of a message leaves nothing") {
    store::MemoryAccount account;
    for (const std::string_view part : {"1 APPEND INBOX {4}\r\nab", "1 APPEND INBOX {2+}\r\nab",
             "1 APPEND INBOX {2+}\r\nab\r", "1 APPEND INBOX {2+}\r\nab {3+}\r\n"}) {
        const auto transcript = play(account, {std::string(part)});
        CHECK(transcript.ended.reason == "Disconnected: Connection closed");
        CHECK(transcript.output.find("1 ") == std::string::npos);
    }
    CHECK(account.folder("INBOX").messages.empty());
}

TEST_CASE("a large message is never in memory whole, however it is cut") {
    store::MemoryAccount account;
    const std::string message(300000, 'y');
    const std::vector<Step> script{"1 APPEND INBOX {300000+}\r\n" + message + "\r\n2 NOOP\r\n"};
    for (const std::size_t chunk : {std::size_t{7}, std::size_t{1000}, std::size_t{1} << 20}) {
        CHECK(play(account, script, chunk).output.ends_with("Append completed.\r\n2 OK NOOP completed.\r\n"));
        CHECK(account.folder("INBOX").messages.back().bytes == message);
    }
}

TEST_CASE("a message appended to the selected mailbox is told at once") {
    store::MemoryAccount account;
    CHECK(talk_selected(account, "1 APPEND inbox {1+}\r\na\r\n") ==
          "* 1 EXISTS\r\n* 1 RECENT\r\n1 OK [APPENDUID 1 1] Append completed.\r\n");
}

TEST_CASE("UTF8 messages need UTF8=ACCEPT") {
    store::MemoryAccount account;
    account.folder("B\xc3\xbc");
    CHECK(append(account, "1 APPEND INBOX UTF8 (~{1+}\r\na)\r\n") == "1 BAD APPEND: UTF8 is not enabled\r\n");
    CHECK(
        append(account,
            "1 ENABLE UTF8=ACCEPT\r\n2 APPEND INBOX UTF8 (~{1}\r\na)\r\n3 APPEND \"B\xc3\xbc\" {1+}\r\nb\r\n"
            "4 APPEND INBOX UTF8 (~{1+}\r\na\r\n") ==
        "* ENABLED UTF8=ACCEPT\r\n1 OK Enabled.\r\n+ OK\r\n2 OK [APPENDUID 1 1] Append completed.\r\n3 OK [APPENDUID 1 "
        "1] Append completed.\r\n4 BAD APPEND: Missing ')'\r\n");
}

TEST_CASE("with LITERAL- a large message must be asked for") {
    store::MemoryAccount account;
    ScriptedConnection connection(
        {"1 APPEND INBOX {4097+}\r\n" + std::string(4097, 'x') + "\r\n2 APPEND INBOX {4097}\r\n" +
            std::string(4097, 'x') + "\r\n3 APPEND INBOX {3+}\r\nabc {5000+}\r\n" + std::string(5000, 'x') +
            "\r\n4 NOOP\r\n"});
    RenderedItems rendered;
    SessionInfo info;
    info.literal_minus = true;
    CHECK(play_on(connection, account, rendered, std::move(info)).output ==
          "1 BAD [TOOBIG] A literal of this size must be asked for\r\n+ OK\r\n2 OK [APPENDUID 1 1] Append "
          "completed.\r\n3 BAD [TOOBIG] A literal of this size must be asked for\r\n4 OK NOOP completed.\r\n");
    CHECK(account.folder("INBOX").messages.size() == 1);
}
