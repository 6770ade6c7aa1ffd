// SPDX-License-Identifier: Apache-2.0
#include "mail/binary_parts.hpp"
#include "mail/message.hpp"
#include "mail/section.hpp"
#include "mail/transfer_decoding.hpp"

#include <doctest/doctest.h>

using namespace hearth::mail;
using namespace std::string_literals;

namespace {

std::string decoded(const std::string& message, const std::vector<std::uint32_t>& part) {
    const auto parsed = Message::parse(message);
    const auto body = encoded_body(parsed->structure(), part);
    REQUIRE(body);
    return decode_transfer(
        std::string_view(message).substr(body->span.begin, body->span.size()), std::string(body->encoding));
}

} // namespace

TEST_CASE("a binary body becomes base64 and decodes to its bytes") {
    const auto body = "\0-\xe4\n\r\n\n"s;
    const auto header =
        "From: a@b\r\nContent-Transfer-Encoding: binary\r\nContent-Type: application/octet-stream\r\n\r\n"s;
    const auto made = without_binary_parts(header + body);
    REQUIRE(made.has_value());
    CHECK(made->find('\0') == std::string::npos);
    CHECK(*made == to_crlf(*made));
    CHECK(made->starts_with(
        "From: a@b\r\nContent-Transfer-Encoding: base64\r\nContent-Type: application/octet-stream\r\n\r\n"));
    CHECK(decoded(*made, {1}) == body);
}

TEST_CASE("of a multipart only the binary parts change") {
    std::string much;
    for (int i = 0; i < 100'000; ++i)
        much += static_cast<char>(i * 7 % 251);
    const auto front =
        "Content-Type: multipart/mixed; boundary=x\r\nContent-Transfer-Encoding: binary\r\n\r\nhi\r\n--x\r\n\r\n"
        "text\r\n--x\r\ncontent-transfer-encoding:\r\n BINARY\r\nX: y\r\n\r\n"s;
    const auto back = "\r\n--x\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n--x--\r\nbye\r\n"s;
    const auto made = without_binary_parts(front + much + back);
    REQUIRE(made.has_value());
    CHECK(made->ends_with(back));
    CHECK(made->find("Content-Transfer-Encoding: base64\r\nX: y\r\n\r\n") != std::string::npos);
    CHECK(decoded(*made, {1}) == "text");
    CHECK(decoded(*made, {2}) == much);
    CHECK(decoded(*made, {3}) == "\xc3\xa4");
    CHECK_FALSE(without_binary_parts(*made).has_value()); // nothing is left to do
}

TEST_CASE("what has no binary part stays") {
    CHECK_FALSE(without_binary_parts("").has_value());
    CHECK_FALSE(without_binary_parts("Subject: binary\r\n\r\nbinary\r\n").has_value());
    CHECK_FALSE(without_binary_parts("Content-Transfer-Encoding: 8bit\r\n\r\n\xff\n").has_value());
}
