// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/imap/transcript.hpp"

#include "store/memory_account.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

struct Mail : store::MemoryAccount {
    Mail() {
        auto& inbox = folder("INBOX");
        inbox.deliver("Message-ID: <a@x>\nSubject: Plan\n\n", {}, 100);
        inbox.deliver("Message-ID: <b@x>\nReferences: <a@x>\nSubject: Re: Plan\n\n", {}, 200);
        inbox.uidnext = 10;
        inbox.deliver("Message-ID: <c@x>\nIn-Reply-To: Your mail <b@x>\nSubject: [list] Re: Plan\n\n", {}, 300);
        inbox.deliver("Message-ID: <d@x>\nSubject: other\n\n", {}, 50);
        inbox.deliver("Message-ID: <e@x>\nReferences: <a@x>\n <gone@x>\nSubject: something else\n\n", {}, 400);
    }
};

std::string thread(std::string_view command) {
    Mail account;
    const auto output = talk_selected(account, "1 " + std::string(command) + "\r\n");
    return output.starts_with("* THREAD") ? output.substr(8, output.find('\r') - 8) : output;
}

} // namespace

TEST_CASE("THREAD tells who answers whom") {
    CHECK(thread("THREAD REFERENCES UTF-8 ALL") == " (4)(1 (2 3)(5))");
    CHECK(thread("UID THREAD REFERENCES UTF-8 ALL") == " (11)(1 (2 10)(12))");
    CHECK(thread("THREAD REFS UTF-8 ALL") == " (4)(1 (2 3)(5))");
    CHECK(thread("THREAD REFERENCES UTF-8 2:3") == " (2 3)");
    CHECK(thread("THREAD REFERENCES UTF-8 SEEN") == "");
}

TEST_CASE("THREAD ORDEREDSUBJECT tells messages of one subject together") {
    CHECK(thread("THREAD ORDEREDSUBJECT UTF-8 ALL") == " (4)(1 (2)(3))(5)");
}

TEST_CASE("THREAD refuses what it doesn't know") {
    CHECK(thread("THREAD JWZ UTF-8 ALL") == "1 BAD THREAD: Unknown threading algorithm\r\n");
    CHECK(thread("THREAD REFERENCES KLINGON ALL").starts_with("1 NO [BADCHARSET"));
    CHECK(thread("THREAD REFERENCES UTF-8") == "1 BAD THREAD: Missing arguments\r\n");
}
