// SPDX-License-Identifier: Apache-2.0
#include "wire/list_request.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace hearth;
using namespace hearth::imap;

TEST_CASE("LIST reads selection, patterns and return options") {
    Arguments arguments(
        "(SUBSCRIBED REMOTE RECURSIVEMATCH) \"\" (\"a*\" %) RETURN (CHILDREN STATUS (MESSAGES UIDNEXT) SPECIAL-USE)");
    const auto request = read_list_request(arguments, false);
    REQUIRE(request);
    CHECK(request->select_subscribed);
    CHECK(request->recursive_match);
    CHECK(request->patterns == std::vector<std::string>{"a*", "%"});
    CHECK(request->return_status == StatusItems{StatusItem::messages, StatusItem::uidnext});
    CHECK(request->return_special_use);
    CHECK(request->extended);
}

TEST_CASE("names are modified UTF-7, or UTF-8 once that is switched on") {
    Arguments mutf7("\"\" Entw&APw-rfe");
    CHECK(read_list_request(mutf7, false)->patterns.at(0) == "Entw\xc3\xbcrfe");
    Arguments utf8("\"\" \"Entw\xc3\xbcrfe & mehr\"", true);
    CHECK(read_list_request(utf8, false)->patterns.at(0) == "Entw\xc3\xbcrfe & mehr");
}

TEST_CASE("broken LIST arguments are refused") {
    for (const auto* text : {"", "\"\"", "(RECURSIVEMATCH) \"\" *", "(RECURSIVEMATCH REMOTE) \"\" *", "(NONSENSE) \"\" *",
             "\"\" * RETURN", "\"\" * RETURN (NONSENSE)", "\"\" * (x)", "\"\" (* RETURN ()", "\"\" * RETURN (STATUS)",
             "\"\" * RETURN (STATUS (NONSENSE))", "( \"\" *", "\"\" ()"}) {
        Arguments arguments(text);
        CHECK_MESSAGE(!read_list_request(arguments, false), text);
        CHECK(arguments.failed());
    }
    Arguments basic("(SUBSCRIBED) \"\" *");
    CHECK(!read_list_request(basic, true));
}

TEST_CASE("patterns are bounded in number and length, alone and together") {
    const auto patterns = [](std::size_t count, std::size_t length) {
        std::string text = "\"\" (";
        for (std::size_t i = 0; i < count; ++i)
            text += (i == 0 ? "" : " ") + std::string(length, '*');
        return text + ")";
    };
    const auto accepted = [](const std::string& text) {
        Arguments arguments(text);
        return read_list_request(arguments, false).has_value();
    };
    CHECK(accepted(patterns(32, 10)));
    CHECK(!accepted(patterns(33, 10)));
    CHECK(accepted(patterns(8, 1024)));
    CHECK(!accepted(patterns(9, 1024)));
    CHECK(!accepted(patterns(1, 1025)));
    CHECK(!accepted("\"" + std::string(1025, 'x') + "\" *"));
}

TEST_CASE("STATUS reads all items, each once, in their order") {
    const auto items = [](std::string_view text) -> std::string {
        Arguments arguments(text);
        const auto found = read_status_items(arguments);
        if (!found) return "BAD";
        std::string names;
        for (const auto item : *found)
            names += std::string(name_of(item)) + ' ';
        return names;
    };
    CHECK(items("(UNSEEN messages UNSEEN)") == "UNSEEN MESSAGES ");
    CHECK(items("(RECENT UIDNEXT UIDVALIDITY DELETED DELETED-STORAGE SIZE HIGHESTMODSEQ MAILBOXID APPENDLIMIT)") ==
          "RECENT UIDNEXT UIDVALIDITY DELETED DELETED-STORAGE SIZE HIGHESTMODSEQ MAILBOXID APPENDLIMIT ");
    for (const auto* text : {"", "()", "(FOO)", "MESSAGES", "(MESSAGES", "(DELETED-)"})
        CHECK_MESSAGE(items(text) == "BAD", text);
}
