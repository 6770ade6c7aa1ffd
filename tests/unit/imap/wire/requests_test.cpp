// SPDX-License-Identifier: Apache-2.0
#include "wire/fetch_request.hpp"
#include "wire/list_request.hpp"
#include "wire/search_request.hpp"

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

std::string show(const SearchKey& key) {
    using Kind = SearchKey::Kind;
    std::string children;
    for (const auto& child : key.children)
        children += (children.empty() ? "" : " ") + show(child);
    if (key.kind == Kind::negate) return "!" + children;
    if (key.kind == Kind::any) return "{" + children + "}";
    if (key.kind == Kind::every) return "(" + children + ")";
    return std::to_string(static_cast<int>(key.kind)) + key.name + (key.text.empty() ? "" : "=" + key.text);
}

std::string keys(std::string_view text) {
    Arguments arguments(text);
    const auto request = read_search_request(arguments);
    return request ? show(request->key) : "BAD " + arguments.error();
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
             "BODY[99999999999]", "NONSENSE", "(ALL)", "BODYSTRUCTURE[]", "BINARY[1]", "FLAGS UID"})
        CHECK_MESSAGE(labels(text).starts_with("BAD "), text);
}

TEST_CASE("part numbers and items are bounded") {
    CHECK(labels("BODY[" + repeated("1.", 99) + "1]").ends_with("1]!"));
    CHECK(labels("BODY[" + repeated("1.", 100) + "1]") == "BAD Part number is too deep");
    CHECK(labels("(FLAGS" + repeated(" FLAGS", 199) + ")").starts_with("FLAGS"));
    CHECK(labels("(FLAGS" + repeated(" FLAGS", 200) + ")") == "BAD Too many items in FETCH");
}

TEST_CASE("search keys make a tree, cheap ones first") {
    CHECK(keys("SEEN") == "(3)");
    CHECK(keys("BODY x SEEN") == "(3 19=x)");
    CHECK(keys("OR BODY a NOT (SEEN DELETED) UID 1") == "(2 {!(3 3) 19=a})");
    CHECK(keys("NOT NOT SEEN OR OR 1 2 3") == "(!!3 {{1 1} 1})");
    CHECK(keys("HEADER X-Y \"a b\" FROM me") == "(18X-Y=a b 18From=me)");
    CHECK(keys("((SEEN))") == "(((3)))");
}

TEST_CASE("incomplete and broken search keys are refused") {
    for (const auto* text : {"", "OR SEEN", "NOT", "(SEEN", "SEEN)", "()", "(SEEN)(SEEN)", "OR", "SINCE yesterday",
             "SINCE 32-Jan-2020", "UID x", "0", "KEYWORD", "HEADER a", "LARGER x", "NONSENSE", "CHARSET UTF-8",
             "RETURN (SAVE) ALL", "RETURN MIN ALL"})
        CHECK_MESSAGE(keys(text).starts_with("BAD "), text);
}

TEST_CASE("nesting is bounded and costs no call depth") {
    CHECK(keys(repeated("NOT ", 99) + "SEEN") == "(" + repeated("!", 99) + "3)");
    CHECK(keys(repeated("NOT ", 101) + "SEEN") == "BAD Search keys are nested too deeply");
    CHECK(keys(repeated("(", 60000)) == "BAD Search keys are nested too deeply");
    CHECK(keys(repeated("(", 50) + "SEEN" + repeated(")", 50)).starts_with("((("));
}

TEST_CASE("search dates, charsets and return options are read") {
    Arguments arguments("RETURN (MIN COUNT) CHARSET utf-8 SINCE 1-Feb-1994");
    const auto request = read_search_request(arguments);
    REQUIRE(request);
    CHECK(request->returns->min);
    CHECK(request->returns->count);
    CHECK(!request->returns->all);
    CHECK(request->key.children.at(0).day == 8797);
    Arguments all("RETURN () ALL");
    CHECK(read_search_request(all)->returns->all);
    Arguments foreign("CHARSET KOI8-R SUBJECT x");
    CHECK(read_search_request(foreign)->unknown_charset == "KOI8-R");
}

TEST_CASE("LIST reads selection, patterns and return options") {
    Arguments arguments(
        "(SUBSCRIBED RECURSIVEMATCH) \"\" (\"a*\" %) RETURN (CHILDREN STATUS (MESSAGES UIDNEXT) SPECIAL-USE)");
    const auto request = read_list_request(arguments, false);
    REQUIRE(request);
    CHECK(request->select_subscribed);
    CHECK(request->recursive_match);
    CHECK(request->patterns == std::vector<std::string>{"a*", "%"});
    CHECK(request->return_status->uidnext);
    CHECK(!request->return_status->unseen);
    CHECK(request->return_special_use);
    CHECK(request->extended);
}

TEST_CASE("broken LIST arguments are refused") {
    for (const auto* text : {"", "\"\"", "(RECURSIVEMATCH) \"\" *", "(NONSENSE) \"\" *", "\"\" * RETURN",
             "\"\" * RETURN (NONSENSE)", "\"\" * (x)", "\"\" (* RETURN ()", "\"\" * RETURN (STATUS)",
             "\"\" * RETURN (STATUS (NONSENSE))", "( \"\" *"}) {
        Arguments arguments(text);
        CHECK_MESSAGE(!read_list_request(arguments, false), text);
        CHECK(arguments.failed());
    }
    Arguments basic("(SUBSCRIBED) \"\" *");
    CHECK(!read_list_request(basic, true));
}
