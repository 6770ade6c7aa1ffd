// SPDX-License-Identifier: Apache-2.0
#include "mail/transfer_decoding.hpp"

#include <doctest/doctest.h>

using namespace hearth::mail;

TEST_CASE("blanks at the end of a quoted-printable line are no part of it (RFC 2045 section 6.7)") {
    const std::string body =
        "hello  \r\nbar=\r\n\r\nfoo\t=\r\nbar\r\nfoo\t \t= \r\n=62\r\nfoo = \t\r\nbar\r\nx=20 \r\nend \t";
    const std::string text = "hello\r\nbar\r\nfoo\tbar\r\nfoo\t \tb\r\nfoo bar\r\nx \r\nend";
    CHECK(decode_transfer(body, "quoted-printable") == text);
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
        TransferDecoder decoder("quoted-printable");
        std::string decoded;
        decoder.decode(std::string_view(body).substr(0, cut), decoded);
        decoder.decode(std::string_view(body).substr(cut), decoded);
        decoder.finish(decoded);
        REQUIRE(decoded == text);
    }
}

TEST_CASE("other encodings keep their blanks") {
    CHECK(decode_transfer("a \r\nb \r\n", "7bit") == "a \r\nb \r\n");
    CHECK(decode_transfer("YSAN CmI=", "base64") == "a \r\nb");
}
