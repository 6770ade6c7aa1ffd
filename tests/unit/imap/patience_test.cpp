// SPDX-License-Identifier: Apache-2.0
#include "patience.hpp"
#include "store/memory_account.hpp"
#include "tests/unit/imap/live_session.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;
using store::Error;

TEST_CASE("a store that is busy or not finished is asked again, and the client notices nothing") {
    store::MemoryAccount account;
    account.folder("INBOX").deliver("a: b\n\n");
    account.fail_next({Error::busy, Error::unfinished, Error::unfinished, Error::busy});
    const auto output = talk(account, "1 SELECT INBOX\r\n2 STORE 1 +FLAGS (\\Seen)\r\n");
    CHECK(output.ends_with("1 OK [READ-WRITE] Select completed.\r\n* 1 FETCH (FLAGS (\\Seen \\Recent))\r\n2 OK Store "
                           "completed.\r\n"));
    CHECK(account.folder("INBOX").find(1)->row.flags.has(mail::Flag::seen));
}

TEST_CASE("other failures are not asked again") {
    store::MemoryAccount account;
    account.fail_next({Error::unavailable});
    CHECK(talk(account, "1 SELECT INBOX\r\n").starts_with("1 NO [UNAVAILABLE]"));
}

TEST_CASE("patience with a lock ends with INUSE") {
    store::MemoryAccount account;
    asio::io_context io;
    LiveConnection connection(io);
    RenderedItems rendered;
    Context context(account, connection, rendered, SessionInfo{}, nullptr);
    int calls = 0;
    std::optional<error_code> ended;
    const auto work = [&]() -> asio::awaitable<void> {
        auto job = [&]() -> Result<int> {
            ++calls;
            return Error::busy;
        };
        const auto got = co_await patiently(context, job);
        ended = got.error();
    };
    asio::co_spawn(io, work(), asio::detached);
    io.poll();
    CHECK(calls == 1);
    context.hang_up("", "over"); // nobody is left to be patient for
    io.run();
    CHECK(ended == store::make_error_code(Error::in_use));
    CHECK(calls == 2);
}
