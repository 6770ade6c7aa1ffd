// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"
#include "store/memory_account.hpp"
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;
using store::Error;

namespace {

constexpr std::string_view at_work = "* OK [INPROGRESS (\"";

// What comes of `commands` behind a SELECT when the store's next calls aren't finished, and INPROGRESS may be told so
// often.
std::string play_unfinished(std::string commands, std::chrono::milliseconds interval) {
    store::MemoryAccount account;
    for (int i = 0; i < 3; ++i)
        account.folder("INBOX").deliver("Subject: x\r\n\r\nneedle\r\n");
    account.folder("Other");
    ScriptedConnection connection({std::string("s SELECT INBOX\r\n"),
        [&account] {
            account.fail_next({Error::unfinished, Error::unfinished});
        },
        std::move(commands)});
    RenderedItems rendered;
    return play_on(connection, account, rendered, {.login_tag = "L", .progress_interval = interval}).output;
}

// The same where reading is what isn't finished.
std::string play_slow_reading(std::string commands, std::chrono::milliseconds interval) {
    FakeAccount account;
    account.inbox().summarised = true;
    for (int i = 0; i < 3; ++i)
        account.inbox().add("Subject: needle\r\nMessage-ID: <a@b>\r\n\r\nx\r\n");
    ScriptedConnection connection(
        {std::string("s SELECT INBOX\r\n"), [&account] { account.inbox().busy = 2; }, std::move(commands)});
    RenderedItems rendered;
    return play_on(connection, account, rendered, {.login_tag = "L", .progress_interval = interval}).output;
}

void check_tells(const std::string& often, const std::string& seldom) {
    CHECK(often.find("* OK [INPROGRESS (\"w\" ") != std::string::npos);
    CHECK(often.find("\r\nw OK ") != std::string::npos);
    // Not behind the tagged reply, and not before the command.
    CHECK(often.rfind(at_work) < often.find("\r\nw OK "));
    CHECK(often.find(at_work) > often.find("s OK "));
    CHECK(seldom.find("\r\nw OK ") != std::string::npos);
    CHECK(seldom.find(at_work) == std::string::npos);
}

} // namespace

TEST_CASE("every command that takes long tells so, with its tag, and not too often") {
    for (const std::string command :
        {"COPY 1:3 Other", "UID MOVE 1:3 Other", "STORE 1:3 +FLAGS (\\Seen)", "EXPUNGE", "APPEND Other {4+}\r\na: b"}) {
        CAPTURE(command);
        check_tells(play_unfinished("w " + command + "\r\n", std::chrono::milliseconds(0)),
            play_unfinished("w " + command + "\r\n", Progress::interval));
    }
    for (const std::string command :
        {"SEARCH SUBJECT needle", "UID SORT (SUBJECT) UTF-8 SUBJECT needle", "THREAD REFERENCES UTF-8 ALL"}) {
        CAPTURE(command);
        check_tells(play_slow_reading("w " + command + "\r\n", std::chrono::milliseconds(0)),
            play_slow_reading("w " + command + "\r\n", Progress::interval));
    }
}

TEST_CASE("FETCH tells it between messages only, with counts") {
    const auto output = play_unfinished("w FETCH 1:3 (UID BODY.PEEK[TEXT])\r\n", std::chrono::milliseconds(0));
    CHECK(output.ends_with(
        "* 1 FETCH (UID 1 BODY[TEXT] {8}\r\nneedle\r\n)\r\n* OK [INPROGRESS (\"w\" 1 3)] Still at work\r\n"
        "* 2 FETCH (UID 2 BODY[TEXT] {8}\r\nneedle\r\n)\r\n* OK [INPROGRESS (\"w\" 2 3)] Still at work\r\n"
        "* 3 FETCH (UID 3 BODY[TEXT] {8}\r\nneedle\r\n)\r\n* OK [INPROGRESS (\"w\" 3 3)] Still at work\r\n"
        "w OK Fetch completed.\r\n"));
}

TEST_CASE("the first words come when the interval is over, the next after another one") {
    const Time start{};
    Progress progress;
    CHECK_FALSE(progress.is_due(start + std::chrono::hours(1)));
    progress.begin(start);
    CHECK_FALSE(progress.is_due(start + Progress::interval - std::chrono::milliseconds(1)));
    CHECK(progress.is_due(start + Progress::interval));
    std::string out;
    progress.append(out, "a\"1", start + Progress::interval);
    CHECK(out == "* OK [INPROGRESS (\"a\\\"1\" NIL NIL)] Still at work\r\n");
    CHECK_FALSE(progress.is_due(start + 2 * Progress::interval - std::chrono::milliseconds(1)));
    progress.step(3, 10);
    out.clear();
    progress.append(out, "a", start + 2 * Progress::interval);
    CHECK(out == "* OK [INPROGRESS (\"a\" 3 10)] Still at work\r\n");
    progress.end();
    CHECK_FALSE(progress.is_due(start + std::chrono::hours(1)));
}
