// SPDX-License-Identifier: Apache-2.0
// Mailbox names as clients spell them.
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

TEST_CASE("a name that no mailbox can have is NO and not a mistake of the client's") {
    FakeAccount account;
    CHECK(talk(account, "1 SELECT !#$&'+,-.0123456789:;<=>?@^_`|[}\r\n").starts_with("1 NO [CANNOT] "));
    CHECK(talk(account, "1 STATUS &x (MESSAGES)\r\n").starts_with("1 NO [CANNOT] "));
    CHECK(talk(account, "1 APPEND &x {3}\r\n2 NOOP\r\n").starts_with("1 NO [CANNOT] "));
    CHECK(talk(account, "1 LIST \"\" !#$&'+,-.0123456789:;<=>?@^_`|[}%*\r\n") == "1 OK List completed.\r\n");
    CHECK(talk(account, "1 SELECT (x\r\n").starts_with("1 BAD "));
}

TEST_CASE("tb-extra-mailbox-sep: a separator at the end of a name is dropped, else it is part of the name") {
    FakeAccount account;
    account.add("a/b");
    const auto play = [&](const Options& options) {
        ScriptedConnection connection({std::string("1 STATUS a/b/ (MESSAGES)\r\n2 STATUS / (MESSAGES)\r\n")});
        RenderedItems rendered;
        return play_on(connection, account, rendered, {.login_tag = "L", .options = &options}).output;
    };
    Options with;
    with.extra_mailbox_separator = true;
    CHECK(play(with).starts_with("* STATUS a/b (MESSAGES 0)\r\n1 OK "));
    CHECK(play(with).find("2 NO ") != std::string::npos);
    CHECK(play(Options()).starts_with("1 NO [NONEXISTENT]"));
}
