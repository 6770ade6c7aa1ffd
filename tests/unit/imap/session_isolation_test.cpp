// SPDX-License-Identifier: Apache-2.0
// Nothing of a session outlives it but declared caches: what a client sees doesn't depend on who was there before.
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>
#include <random>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

struct Mail : FakeAccount {
    Mail() {
        inbox().summarised = true;
        inbox().keeps_modseqs = true;
        add("Sent");
        for (int i = 0; i < 10; ++i)
            inbox().add("From: a@b\nSubject: number " + std::to_string(i) + "\n\n" + std::string(50, 'x') + "\n");
    }
};

constexpr const char* script =
    "1 CAPABILITY\r\n2 ID NIL\r\n3 LIST \"\" * RETURN (STATUS (MESSAGES))\r\n4 SELECT INBOX\r\n"
    "5 UID FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE RFC822.SIZE PREVIEW MODSEQ)\r\n"
    "6 FETCH 2 (BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (Subject)] BODY.PEEK[TEXT]<3.4>)\r\n"
    "7 UID SEARCH RETURN (COUNT) SUBJECT number\r\n8 SEARCH $\r\n9 FETCH $ UID\r\n10 NOOP\r\n11 LOGOUT\r\n";

// What others do: leaves the mail as it is.
constexpr const char* others[] = {
    "1 ENABLE QRESYNC UTF8=ACCEPT IMAP4rev2\r\n2 SELECT INBOX\r\n3 FETCH 1:* (ENVELOPE MODSEQ)\r\n",
    "1 SELECT INBOX\r\n2 SEARCH RETURN (SAVE) ALL\r\n3 FETCH $ (BODY.PEEK[HEADER.FIELDS (Subject)])\r\n4 LOGOUT\r\n",
    "1 EXAMINE INBOX\r\n2 FETCH 1:* (PREVIEW BODYSTRUCTURE BODY)\r\n3 UNSELECT\r\n4 LOGOUT\r\n",
    "1 NONSENSE\r\n2 FETCH 1 UID\r\n3 SELECT {3}\r\n",
    "1 SELECT Sent\r\n2 IDLE\r\n",
    "1 COMPRESS DEFLATE\r\n",
};

std::string play_script(Mail& account, RenderedItems& rendered, std::string_view text) {
    ScriptedConnection connection({std::string(text)});
    const auto played = play_on(connection, account, rendered);
    return played.greeting + played.output + played.ended.summary();
}

} // namespace

TEST_CASE("a script gives the same transcript in a fresh process and after twenty other sessions") {
    Mail fresh_account;
    RenderedItems fresh;
    const auto expected = play_script(fresh_account, fresh, script);
    CHECK(expected.find("11 OK Logout completed.") != std::string::npos);
    for (unsigned seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Mail account;
        RenderedItems rendered;
        for (int i = 0; i < 20; ++i)
            play_script(account, rendered, others[random() % std::size(others)]);
        // A message's number in the cache differs from account to account, what is told of it doesn't.
        CHECK(play_script(account, rendered, script) == expected);
    }
}
