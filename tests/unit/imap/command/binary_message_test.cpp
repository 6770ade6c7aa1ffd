// SPDX-License-Identifier: Apache-2.0
#include "command/binary_message.hpp"
#include "store/memory_account.hpp"
#include "tests/unit/imap/transcript.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;
using namespace hearth::imap::testing;
using hearth::imap::command::BinaryMessage;
using namespace std::string_literals;

namespace {

const auto head = "From: a@b\r\nContent-Transfer-Encoding: Binary\r\nContent-Type: application/octet-stream\r\n\r\n"s;
const auto body = "\0-\xe4\n\r\n\n"s;

} // namespace

TEST_CASE("what a literal8 brings in a binary part comes back byte for byte by BINARY, and is no NUL elsewhere") {
    store::MemoryAccount account;
    const auto message = head + body;
    const auto output = talk(account, "1 APPEND INBOX ~{" + std::to_string(message.size()) + "+}\r\n" + message +
                                          "\r\ns SELECT INBOX\r\n2 FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1])\r\n");
    CHECK(output.find("1 OK [APPENDUID 1 1] Append completed.\r\n") != std::string::npos);
    CHECK(output.find("* 1 FETCH (BINARY.SIZE[1] 7 BINARY[1] ~{7}\r\n" + body + ")\r\n") != std::string::npos);
    CHECK(account.folder("INBOX").messages[0].bytes.find('\0') == std::string::npos);
}

TEST_CASE("a literal8 without binary parts is stored as it came, in whatever pieces") {
    BinaryMessage message, split;
    const std::string text = "Subject: binary\r\n\r\nabc\nd\r\n";
    message.add(text);
    CHECK(message.take() == text);
    for (const char c : head + body)
        split.add({&c, 1});
    CHECK(split.take().find("Content-Transfer-Encoding: base64\r\n") != std::string::npos);
}

TEST_CASE("a literal8 that is too large is refused before it is asked for, and one over quota after it came") {
    store::MemoryAccount account;
    const auto limit = account.message_bytes_max();
    CHECK(talk(account, "1 APPEND INBOX ~{" + std::to_string(limit + 1) + "}\r\n2 NOOP\r\n") ==
          "1 NO [TOOBIG] The message is larger than this server takes\r\n2 OK NOOP completed.\r\n");
    account.limit_quota(10, 0);
    CHECK(talk(account, "1 APPEND INBOX ~{16+}\r\na: b\r\n\r\n12345678\r\n2 NOOP\r\n") ==
          "1 NO [OVERQUOTA] No room is left in this account\r\n2 OK NOOP completed.\r\n");
    CHECK(account.folder("INBOX").messages.empty());
}
