// SPDX-License-Identifier: Apache-2.0
#include "compressible_connection.hpp"
#include "tests/unit/imap/fake_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;

namespace {

std::string inflated(std::string_view packed) {
    const auto inflater = Inflater::make();
    std::string out;
    std::string room(1000, '\0');
    for (;;) {
        const auto made = inflater->inflate({room.data(), room.size()});
        REQUIRE(made);
        out.append(room, 0, *made);
        if (*made > 0) continue;
        if (packed.empty()) return out;
        const auto piece = packed.substr(0, inflater->room().size());
        std::copy(piece.begin(), piece.end(), inflater->room().begin());
        inflater->commit(piece.size());
        packed.remove_prefix(piece.size());
    }
}

/// A session over a connection that can be compressed. Gives what was sent in plain, and what was sent compressed.
struct Played {
    std::string plain, packed;
    Ended ended;
};

Played play_compressed(store::Account& account, std::vector<Step> script) {
    ScriptedConnection raw(std::move(script));
    CompressibleConnection connection(raw);
    asio::io_context io(1);
    RenderedItems rendered;
    Session session(account, connection, rendered, {.login_tag = "L1"});
    std::optional<Ended> ended;
    auto done = [&](std::exception_ptr failure, Ended result) {
        CHECK(!failure);
        ended = std::move(result);
    };
    asio::co_spawn(io, session.run(), std::move(done));
    io.run();
    Played played;
    played.ended = ended.value();
    raw.written += connection.last_bytes(played.ended.final_bytes);
    constexpr std::string_view switched = "DEFLATE active.\r\n";
    const auto end = raw.written.find(switched);
    REQUIRE(end != std::string::npos);
    played.plain = raw.written.substr(0, end + switched.size());
    played.packed = raw.written.substr(end + switched.size());
    return played;
}

std::string deflated(Deflater& deflater, std::string_view text) {
    return std::string(deflater.compress(text));
}

} // namespace

TEST_CASE("after COMPRESS both directions are compressed, the final bytes of LOGOUT too") {
    FakeAccount account;
    for (int i = 0; i < 100; ++i)
        account.inbox().add("Subject: hello\n\n" + std::string(1000, 'x'));
    const auto deflater = Deflater::make();
    std::vector<Step> script;
    script.emplace_back(std::string("1 COMPRESS DEFLATE\r\n"));
    script.emplace_back(deflated(*deflater, "2 SELECT INBOX\r\n3 FETCH 1:* (BODY.PEEK[])\r\n"));
    script.emplace_back(deflated(*deflater, "4 COMPRESS DEFLATE\r\n5 CAPABILITY\r\n6 LOGOUT\r\n"));
    const auto played = play_compressed(account, std::move(script));
    CHECK(played.plain.ends_with("1 OK DEFLATE active.\r\n"));
    const auto said = inflated(played.packed);
    CHECK(said.size() > 100000);
    CHECK(played.packed.size() < said.size() / 5);
    CHECK(said.find("3 OK Fetch completed.\r\n4 NO [COMPRESSIONACTIVE]") != std::string::npos);
    CHECK(said.find("COMPRESS=DEFLATE") == std::string::npos);
    CHECK(said.ends_with("* BYE Logging out\r\n6 OK Logout completed.\r\n"));
    CHECK(played.ended.reason == "Logged out");
}

TEST_CASE("IDLE hears a compressed DONE, and is told of compressed input that waits") {
    FakeAccount account;
    const auto deflater = Deflater::make();
    std::vector<Step> script;
    script.emplace_back(std::string("1 COMPRESS DEFLATE\r\n"));
    script.emplace_back(deflated(*deflater, "2 IDLE\r\n"));
    script.emplace_back(Wake::timeout);
    script.emplace_back(Wake::input);
    script.emplace_back(deflated(*deflater, "DONE\r\n3 LOGOUT\r\n"));
    const auto said = inflated(play_compressed(account, std::move(script)).packed);
    CHECK(said.starts_with("+ idling\r\n"));
    CHECK(said.ends_with("2 OK Idle completed.\r\n* BYE Logging out\r\n3 OK Logout completed.\r\n"));
}

TEST_CASE("garbage after COMPRESS ends the session") {
    FakeAccount account;
    const auto played = play_compressed(
        account, {std::string("1 COMPRESS DEFLATE\r\n"), std::string("\xff\xff\xff\xff not deflate")});
    CHECK(played.ended.reason.starts_with("Disconnected: "));
}

TEST_CASE("COMPRESS is refused where it can't work") {
    FakeAccount account;
    CHECK(talk(account, "1 COMPRESS\r\n").starts_with("1 BAD "));
    CHECK(talk(account, "1 COMPRESS GZIP\r\n").starts_with("1 BAD "));
    CHECK(talk(account, "1 COMPRESS DEFLATE\r\n").starts_with("1 NO [CANNOT]"));
    CHECK(talk(account, "1 COMPRESS DEFLATE\r\n2 NOOP\r\n").starts_with("1 BAD Nothing may follow"));
}
