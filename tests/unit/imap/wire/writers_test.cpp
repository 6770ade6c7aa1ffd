// SPDX-License-Identifier: Apache-2.0
#include "wire/dates.hpp"
#include "wire/response_writer.hpp"
#include "wire/structure_writer.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::imap;

namespace {

template <auto function> void with_default(std::string& out, std::string_view text) {
    function(out, text, false);
}

template <class Function, class... Arguments> std::string written(Function function, const Arguments&... arguments) {
    std::string out;
    function(out, arguments...);
    return out;
}

} // namespace

TEST_CASE("strings are quoted where they can be, and literals otherwise") {
    CHECK(written(with_default<append_string>, "abc") == "\"abc\"");
    CHECK(written(with_default<append_string>, "a\"b\\c") == "\"a\\\"b\\\\c\"");
    CHECK(written(with_default<append_string>, "") == "\"\"");
    CHECK(written(with_default<append_string>, "a\r\nb") == "{4}\r\na\r\nb");
    CHECK(written(with_default<append_string>, "\xc3\xa4") == "{2}\r\n\xc3\xa4");
    CHECK(written(with_default<append_string>, std::string_view("a\0b", 3)) == "{3}\r\na\x80"
                                                                 "b");
    CHECK(written(with_default<append_string>, std::string(1001, 'x')).starts_with("{1001}\r\nx"));
}

TEST_CASE("astrings are atoms where they can be") {
    CHECK(written(with_default<append_astring>, "INBOX") == "INBOX");
    CHECK(written(with_default<append_astring>, "a b") == "\"a b\"");
    CHECK(written(with_default<append_astring>, "") == "\"\"");
    CHECK(written(with_default<append_astring>, "nil") == "\"nil\"");
    CHECK(written(with_default<append_mailbox>, "Entw\xc3\xbcrfe") == "Entw&APw-rfe");
    CHECK(written(with_default<append_mailbox>, "a&b") == "a&-b");
}

TEST_CASE("who has asked for UTF-8 gets it in quotes, if it is UTF-8") {
    CHECK(written(append_string, "\xc3\xa4 \"", true) == "\"\xc3\xa4 \\\"\"");
    CHECK(written(append_string, "\xe4", true) == "{1}\r\n\xe4");
    CHECK(written(append_mailbox, "Entw\xc3\xbcrfe", true) == "\"Entw\xc3\xbcrfe\"");
    CHECK(written(append_mailbox, "a&b", true) == "a&b");
}

TEST_CASE("nothing a client sent ends a response line") {
    CHECK(written(append_text, "a\r\nb\x1b\xff"
                               "c") == "a  b  c");
    CHECK(written(append_text, std::string(1000, 'x')).size() == 300);
    // but a response code is told whole
    CHECK(written(append_text, "[MODIFIED " + std::string(1000, '1') + "] " + std::string(1000, 'x')).size() == 1010 + 300);
}

TEST_CASE("internal dates are in UTC with two-digit days") {
    CHECK(written(append_internal_date, 0) == "\"01-Jan-1970 00:00:00 +0000\"");
    CHECK(written(append_internal_date, 837571465) == "\"17-Jul-1996 02:44:25 +0000\"");
    CHECK(written(append_internal_date, -5) == "\"01-Jan-1970 00:00:00 +0000\"");
    CHECK(written(append_internal_date, INT64_MAX) == "\"31-Dec-9999 23:59:59 +0000\"");
}

TEST_CASE("dates are days") {
    CHECK(parse_date("1-Jan-1970") == 0);
    CHECK(parse_date("01-feb-1994") == 8797);
    CHECK(!parse_date("30-Feb-1994"));
    CHECK(!parse_date("1-Feb-94"));
    CHECK(!parse_date("1-Foo-1994"));
    CHECK(!parse_date(""));
    CHECK(day_of(-1) == -1);
    CHECK(day_of(86399) == 0);
}

TEST_CASE("a Date header's day is the one its writer saw") {
    CHECK(day_of_date_header("Mon, 7 Feb 1994 23:59:25 -0800 (PST)") == 8803);
    CHECK(day_of_date_header("7 Feb 94 21:52 GMT") == 8803);
    CHECK(day_of_date_header("Monday,07-Feb-1994 21:52:25") == 8803);
    CHECK(!day_of_date_header("yesterday"));
    CHECK(!day_of_date_header(""));
}

TEST_CASE("an envelope has ten fields") {
    mail::Envelope envelope;
    envelope.subject = "a \"b\"";
    envelope.from.push_back({.name = "T", .route = std::nullopt, .mailbox = "tim", .host = "x"});
    CHECK(written(append_envelope, envelope) == R"((NIL "a \"b\"" (("T" NIL "tim" "x")) NIL NIL NIL NIL NIL NIL NIL))");
}

TEST_CASE("a body structure has the fields of its kind") {
    mail::Part text;
    text.type = "TEXT";
    text.subtype = "PLAIN";
    text.parameters.emplace_back("charset", "utf-8");
    text.body_begin = 10;
    text.end = 30;
    text.lines = 2;
    CHECK(written(append_structure, text, false) == R"(("TEXT" "PLAIN" ("charset" "utf-8") NIL NIL "7BIT" 20 2))");
    CHECK(written(append_structure, text, true) ==
          R"(("TEXT" "PLAIN" ("charset" "utf-8") NIL NIL "7BIT" 20 2 NIL NIL NIL NIL))");
    mail::Part image;
    image.type = "image";
    image.subtype = "png";
    image.id = "<1@x>";
    image.encoding = "BASE64";
    image.disposition.emplace("attachment", mail::Parameters{{"filename", "a b.png"}});
    image.languages = {"de", "en"};
    CHECK(written(append_structure, image, true) ==
          R"(("image" "png" NIL "<1@x>" NIL "BASE64" 0 NIL ("attachment" ("filename" "a b.png")) ("de" "en") NIL))");
    mail::Part mixed;
    mixed.type = "multipart";
    mixed.subtype = "mixed";
    mixed.parameters.emplace_back("boundary", "b");
    mixed.children.push_back(std::move(text));
    mixed.children.push_back(std::move(image));
    CHECK(
        written(append_structure, mixed, false) ==
        R"((("TEXT" "PLAIN" ("charset" "utf-8") NIL NIL "7BIT" 20 2)("image" "png" NIL "<1@x>" NIL "BASE64" 0) "mixed"))");
    CHECK(written(append_structure, mixed, true).ends_with(R"( "mixed" ("boundary" "b") NIL NIL NIL))"));
}
