// SPDX-License-Identifier: Apache-2.0
#include "mail/full_text.hpp"

#include <doctest/doctest.h>

using namespace hearth::mail;

namespace {

FullText text_of(std::string_view raw) {
    const auto message = Message::parse(to_crlf(std::string(raw)));
    return full_text(message->bytes(), message->structure());
}

std::string column(const FullText& text, TextColumn which) {
    return text[static_cast<std::size_t>(which)];
}

} // namespace

TEST_CASE("header fields are decoded and stand in their columns, the others with their names, signatures nowhere") {
    const auto text = text_of("Subject: =?utf-8?q?Caf=C3=A9?= menu\nFrom: Ann <ann@example.org>\nTo: bob@example.org\n"
                              "Cc: c@example.org\nBcc: d@example.org\nX-Mailer: pine\nDKIM-Signature: b=c2VjcmV0\n"
                              "ARC-Seal: abc\n\nbody\n");
    CHECK(column(text, TextColumn::subject) == "Café menu ");
    CHECK(column(text, TextColumn::from) == "Ann <ann@example.org> ");
    CHECK(column(text, TextColumn::to) == "bob@example.org ");
    CHECK(column(text, TextColumn::cc) == "c@example.org ");
    CHECK(column(text, TextColumn::bcc) == "d@example.org ");
    CHECK(column(text, TextColumn::header) == "X-Mailer: pine ");
}

TEST_CASE("the body is the text of all text parts, HTML without tags, attachments left out") {
    const auto text =
        text_of("Subject: outer\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
                "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
                "na=EFve\n--x\nContent-Type: text/html\n\n<p class=hidden>im<b>port</b>ant</p>\n--x\n"
                "Content-Type: application/pdf\n\nBINARY\n--x\n"
                "Content-Type: message/rfc822\n\nSubject: inner\n\ndeep\n--x--\n");
    const auto body = column(text, TextColumn::body);
    CHECK(body.find("naïve") != std::string::npos);
    CHECK(body.find("important") != std::string::npos);
    CHECK(body.find("hidden") == std::string::npos);
    CHECK(body.find("BINARY") == std::string::npos);
    CHECK(body.find("deep") != std::string::npos);
    CHECK(column(text, TextColumn::subject) == "outer ");
    CHECK(column(text, TextColumn::header).find("Subject: inner") != std::string::npos);
}

TEST_CASE("no column is longer than its bound, and none is cut within a character") {
    std::string raw = "Subject: ";
    for (int i = 0; i < 20'000; ++i)
        raw += "\xc3\xa9";
    raw += "\nContent-Type: text/plain; charset=utf-8\n\n";
    for (int i = 0; i < 40'000; ++i)
        raw += "\xe2\x82\xac\xe2\x82\xac\n";
    const auto text = text_of(raw);
    CHECK(column(text, TextColumn::subject).size() <= full_text_header_bytes_max + 1);
    const auto body = column(text, TextColumn::body);
    CHECK(body.size() <= full_text_body_bytes_max + 1);
    CHECK(body.size() > full_text_body_bytes_max - 8);
    CHECK(body.find("\xef\xbf\xbd") == std::string::npos);
    const auto euros = body.substr(0, body.find_last_not_of(' ') + 1);
    CHECK(euros.ends_with("\xe2\x82\xac"));
}

TEST_CASE(
    "characters of scripts without blanks stand alone, control characters and bytes that are no UTF-8 don't stay") {
    std::string out;
    append_words(out, "ab中文\tc");
    CHECK(out == "ab 中  文  c");
    out.clear();
    append_words(out, std::string_view("a\0b\xff"
                                       "c\x01"
                                       "d",
                          7));
    CHECK(out == "a\xef\xbf\xbd"
                 "b\xef\xbf\xbd"
                 "c d");
    out.clear();
    append_words(out, "c\x01"
                      "d");
    CHECK(out == "c d");
}

TEST_CASE("what is looked for is what stands between blanks and has a letter or digit in it") {
    CHECK(wanted_words("  one -- \"two\"\r\n* 3 ", 10) == std::vector<std::string>{"one", "\"two\"", "3"});
    CHECK(wanted_words("日本 x", 10) == std::vector<std::string>{" 日  本 ", "x"});
    CHECK(wanted_words("a b c", 2) == std::vector<std::string>{"a", "b"});
    CHECK(wanted_words(" -- \"\" * ", 10).empty());
}
