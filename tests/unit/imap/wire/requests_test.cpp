// SPDX-License-Identifier: Apache-2.0
#include "wire/fetch_request.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace hearth;
using namespace hearth::imap;

namespace {

std::string labels(std::string_view text) {
    Arguments arguments(text);
    const auto request = read_fetch_request(arguments);
    if (!request || !arguments.end()) return "BAD " + arguments.error();
    std::string all;
    for (const auto& item : request->items)
        all += (all.empty() ? "" : "|") + item.label + (item.marks_seen ? "!" : "");
    return all;
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

} // namespace

TEST_CASE("fetch items are read in any case, alone or in a list") {
    CHECK(labels("flags") == "FLAGS");
    CHECK(labels("(UID FLAGS ENVELOPE BodyStructure BODY INTERNALDATE RFC822.SIZE)") ==
          "UID|FLAGS|ENVELOPE|BODYSTRUCTURE|BODY|INTERNALDATE|RFC822.SIZE");
    CHECK(labels("ALL") == "FLAGS|INTERNALDATE|RFC822.SIZE|ENVELOPE");
    CHECK(labels("FAST") == "FLAGS|INTERNALDATE|RFC822.SIZE");
    CHECK(labels("FULL") == "FLAGS|INTERNALDATE|RFC822.SIZE|ENVELOPE|BODY");
    CHECK(labels("(RFC822 RFC822.HEADER RFC822.TEXT)") == "RFC822!|RFC822.HEADER|RFC822.TEXT!");
}

TEST_CASE("sections are echoed as the client must see them") {
    CHECK(labels("BODY[]") == "BODY[]!");
    CHECK(labels("BODY.PEEK[]<5.10>") == "BODY[]<5>");
    CHECK(labels("body.peek[1.2.header]") == "BODY[1.2.HEADER]");
    CHECK(labels("BODY.PEEK[1.MIME]") == "BODY[1.MIME]");
    CHECK(labels("BODY.PEEK[HEADER.FIELDS (From \"To\" {2+}\r\ncc \"x y\")]") ==
          "BODY[HEADER.FIELDS (From To cc \"x y\")]");
    CHECK(labels("BODY.PEEK[2.HEADER.FIELDS.NOT (From)]<0.1>") == "BODY[2.HEADER.FIELDS.NOT (From)]<0>");
}

TEST_CASE("broken fetch items are refused") {
    for (const auto* text : {"", "()", "(FLAGS", "FLAGS)", "BODY[", "BODY[MIME]", "BODY[0]", "BODY[1.]", "BODY[1TEXT]",
             "BODY[.TEXT]", "BODY[HEADER.FIELDS]", "BODY[HEADER.FIELDS ()]", "BODY[]<0>", "BODY[]<0.0>", "BODY[]<-1.2>",
             "BODY[99999999999]", "NONSENSE", "(ALL)", "BODYSTRUCTURE[]", "BINARY[TEXT]", "BINARY.SIZE[1]<0.1>", "PREVIEW (", "UID (CHANGEDSINCE x)", "UID (PARTIAL 1)", "FLAGS UID"})
        CHECK_MESSAGE(labels(text).starts_with("BAD "), text);
}

TEST_CASE("part numbers and items are bounded") {
    CHECK(labels("BODY[" + repeated("1.", 99) + "1]").ends_with("1]!"));
    CHECK(labels("BODY[" + repeated("1.", 100) + "1]") == "BAD Part number is too deep");
    CHECK(labels("(FLAGS" + repeated(" FLAGS", 199) + ")").starts_with("FLAGS"));
    CHECK(labels("(FLAGS" + repeated(" FLAGS", 200) + ")") == "BAD Too many items in FETCH");
}
