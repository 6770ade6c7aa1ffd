// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

TEST_CASE("the session answers the login command with its tag and the capabilities") {
    FakeAccount account;
    const auto greeting = play(account, {"x LOGOUT\r\n"}).greeting;
    CHECK(greeting.starts_with("L1 OK [CAPABILITY IMAP4rev1 "));
    CHECK(greeting.ends_with("] Logged in\r\n"));
}

TEST_CASE("pipelined commands are answered in one write") {
    FakeAccount account;
    const auto transcript = play(account, {"1 CAPABILITY\r\n2 NOOP\r\n3 NAMESPACE\r\n", "4 LOGOUT\r\n"});
    CHECK(transcript.writes == 2);
    CHECK(transcript.output.starts_with("* CAPABILITY IMAP4rev1 "));
    CHECK(transcript.output.ends_with("\r\n1 OK Capability completed.\r\n2 OK NOOP completed.\r\n* NAMESPACE ((\"\" "
                                      "\"/\")) NIL NIL\r\n3 OK Namespace completed.\r\n"
                                      "* BYE Logging out\r\n4 OK Logout completed.\r\n"));
}

TEST_CASE("LOGOUT leaves its reply unwritten and nothing after it is parsed") {
    FakeAccount account;
    const auto transcript = play(account, {"1 NOOP\r\n", "2 LOGOUT\r\n3 NOOP\r\n"});
    CHECK(transcript.ended.final_bytes == "* BYE Logging out\r\n2 OK Logout completed.\r\n");
    CHECK(transcript.ended.reason == "Logged out");
    CHECK(transcript.ended.statistics.bytes_in == 26);
    CHECK(transcript.ended.statistics.bytes_out == transcript.greeting.size() + transcript.output.size());
    CHECK(transcript.ended.summary() ==
          "Logged out in=26 out=" + std::to_string(transcript.ended.statistics.bytes_out) +
              " deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 body_count=0 body_bytes=0");
}

TEST_CASE("what is left to write at the end never exceeds what may wait") {
    FakeAccount account;
    std::string many;
    for (int i = 0; i < 500; ++i)
        many += "n NOOP\r\n";
    const auto transcript = play(account, {many + "z LOGOUT\r\n"});
    CHECK(transcript.ended.final_bytes.size() <= Session::final_bytes_max);
    CHECK(transcript.output.size() > Session::final_bytes_max);
    CHECK(transcript.output.ends_with("z OK Logout completed.\r\n"));
}

TEST_CASE("a client that closes is not answered") {
    FakeAccount account;
    const auto transcript = play(account, {"1 NOOP\r\n2 NO"});
    CHECK(transcript.output == "1 OK NOOP completed.\r\n");
    CHECK(transcript.ended.final_bytes.empty());
    CHECK(transcript.ended.reason == "Disconnected: Connection closed");
}

TEST_CASE("a silent client is told why it is disconnected") {
    FakeAccount account;
    const auto transcript = play(account, {error_code(asio::error::timed_out)});
    CHECK(transcript.ended.final_bytes == "* BYE Disconnected for inactivity.\r\n");
    CHECK(transcript.ended.reason == "Disconnected for inactivity");
}

TEST_CASE("a session that is ended from outside says so") {
    FakeAccount account;
    const auto transcript = play(account, {error_code(asio::error::operation_aborted)});
    CHECK(
        transcript.ended.final_bytes == "* BYE [UNAVAILABLE] The server ends this session, please connect again.\r\n");
}

TEST_CASE("a broken connection ends the session") {
    FakeAccount account;
    ScriptedConnection connection({"1 NOOP\r\n", "2 NOOP\r\n"});
    connection.fail_writes = true;
    RenderedItems rendered;
    const auto transcript = play_on(connection, account, rendered);
    CHECK(transcript.ended.final_bytes.empty());
    CHECK(transcript.ended.reason.starts_with("Disconnected: "));
}

TEST_CASE("unknown commands, junk and commands without mailbox are BAD") {
    FakeAccount account;
    CHECK(talk(account, "1 FROB x\r\n") == "1 BAD Unknown command: FROB\r\n");
    CHECK(talk(account, "1 UID FROB x\r\n") == "1 BAD Unknown command: UID FROB\r\n");
    CHECK(talk(account, "1 UID\r\n") == "1 BAD Missing arguments\r\n");
    CHECK(talk(account, "1\r\n") == "1 BAD Missing arguments\r\n");
    CHECK(talk(account, "\r\n") == "* BAD A command begins with a tag\r\n");
    CHECK(talk(account, "1 NOOP x\r\n") == "1 BAD NOOP: Too many arguments\r\n");
    CHECK(talk(account, "1 FETCH 1 FLAGS\r\n") == "1 BAD No mailbox selected\r\n");
    CHECK(talk(account, "1 CLOSE\r\n") == "1 BAD No mailbox selected\r\n");
}

TEST_CASE("commands have no case") {
    FakeAccount account;
    CHECK(talk(account, "1 nOoP\r\n") == "1 OK NOOP completed.\r\n");
}

TEST_CASE("twenty bad commands in a row end the session, with good ones between they don't") {
    FakeAccount account;
    std::string bad;
    for (int i = 0; i < 19; ++i)
        bad += "b FROB\r\n";
    CHECK(play(account, {bad + "c NOOP\r\n" + bad + "d NOOP\r\n"}).ended.reason == "Disconnected: Connection closed");
    const auto transcript = play(account, {bad + "b FROB\r\nc NOOP\r\n"});
    CHECK(transcript.ended.reason == "Disconnected: Too many invalid IMAP commands");
    CHECK(transcript.output.ends_with("b BAD Unknown command: FROB\r\n* BYE Too many invalid IMAP commands.\r\n"));
}

TEST_CASE("ID names the server and hands the client's words to the log") {
    FakeAccount account;
    std::string logged;
    ScriptedConnection connection(
        {"1 ID (\"name\" \"Round\\\\cube\" \"os\" NIL)\r\n2 ID NIL\r\n3 ID (\"a\n\" {2+}\r\nx\n)\r\n4 ID (\"a\")\r\n"});
    RenderedItems rendered;
    SessionInfo info;
    info.id_fields_logged = {"*"};
    info.on_client_id = [&](std::string_view text) { logged += text, logged += ';'; };
    const auto transcript = play_on(connection, account, rendered, std::move(info));
    CHECK(logged == "name=Round\\x5ccube, os=NIL;");
    CHECK(transcript.output.starts_with(
        "* ID (\"name\" \"Hearth\")\r\n1 OK ID completed.\r\n* ID (\"name\" \"Hearth\")\r\n2 OK ID completed.\r\n"));
}

TEST_CASE("only the fields that are asked for are logged") {
    FakeAccount account;
    std::string logged;
    ScriptedConnection connection({"1 ID (\"NAME\" \"Roundcube\" \"command\" \"/?_task=mail\")\r\n"});
    RenderedItems rendered;
    SessionInfo info;
    info.id_fields_logged = {"version", "name"};
    info.on_client_id = [&](std::string_view text) { logged += text; };
    play_on(connection, account, rendered, std::move(info));
    CHECK(logged == "NAME=Roundcube");
}

TEST_CASE("client ids are printable in the log") {
    FakeAccount account;
    std::string logged;
    ScriptedConnection connection({"3 ID (\"a\" {2+}\r\nx\n)\r\n"});
    RenderedItems rendered;
    SessionInfo info;
    info.id_fields_logged = {"*"};
    info.on_client_id = [&](std::string_view text) { logged += text; };
    play_on(connection, account, rendered, std::move(info));
    CHECK(logged == "a=x\\x0a");
}

TEST_CASE("literals are continued with a plus") {
    FakeAccount account;
    CHECK(talk(account, "1 STATUS {5}\r\ninbox (MESSAGES)\r\n") ==
          "+ OK\r\n* STATUS INBOX (MESSAGES 0)\r\n1 OK Status completed.\r\n");
}

TEST_CASE("a session fed byte by byte says the same") {
    FakeAccount account;
    account.inbox().add("Subject: hi\n\nbody\n");
    const std::string script = "1 SELECT {5+}\r\nINBOX\r\n2 FETCH 1 (FLAGS BODY.PEEK[TEXT])\r\n3 APPEND x "
                               "{3+}\r\nabc\r\n4 LIST \"\" *\r\n5 LOGOUT\r\n";
    CHECK(play(account, {script}).output == play(account, {script}, 1).output);
}

TEST_CASE("STATUS tells what was asked for") {
    FakeAccount account;
    account.inbox().add("a: b\n\n").row.flags.set(mail::Flag::seen);
    account.inbox().add("a: b\n\n").row.recent = true;
    CHECK(talk(account, "1 STATUS INBOX (UIDVALIDITY UIDNEXT RECENT UNSEEN MESSAGES)\r\n") ==
          "* STATUS INBOX (UIDVALIDITY 1000 UIDNEXT 3 RECENT 1 UNSEEN 1 MESSAGES 2)\r\n1 OK Status completed.\r\n");
    CHECK(talk(account, "1 STATUS nowhere (MESSAGES)\r\n") == "1 NO [NONEXISTENT] Mailbox doesn't exist: nowhere\r\n");
    CHECK(talk(account, "1 STATUS INBOX (FROB)\r\n") == "1 BAD STATUS: Unknown STATUS item\r\n");
    CHECK(talk(account, "1 STATUS INBOX\r\n") == "1 BAD STATUS: Missing arguments\r\n");
    CHECK(
        talk(account, "1 STATUS &bad (MESSAGES)\r\n") == "1 NO [CANNOT] Mailbox name is not valid modified UTF-7\r\n");
}

TEST_CASE("mailbox names in refusals can't end the line") {
    FakeAccount account;
    CHECK(talk(account, "1 STATUS {4+}\r\na\r\nb (MESSAGES)\r\n") ==
          "1 NO [CANNOT] Mailbox name is not valid modified UTF-7\r\n");
    CHECK(talk(account, "1 STATUS \"a\x1b\" (MESSAGES)\r\n").find('\x1b') == std::string::npos);
}

TEST_CASE("the store's failures have response codes") {
    FakeAccount account;
    const auto answer = [&](store::Error error) {
        account.inbox().fails = error;
        return talk(account, "1 STATUS INBOX (MESSAGES)\r\n").substr(0, 21);
    };
    CHECK(answer(store::Error::in_use) == "1 NO [INUSE] Another ");
    CHECK(answer(store::Error::corrupt) == "1 NO [CORRUPTION] Mai");
    CHECK(answer(store::Error::unavailable) == "1 NO [UNAVAILABLE] Ma");
    CHECK(answer(store::Error::not_permitted) == "1 NO [NOPERM] File pe");
    CHECK(answer(store::Error::not_selectable) == "1 NO [CANNOT] Mailbox");
    account.inbox().fails = error_code(5, boost::system::system_category());
    CHECK(talk(account, "1 STATUS INBOX (MESSAGES)\r\n").starts_with("1 NO [UNAVAILABLE]"));
}
