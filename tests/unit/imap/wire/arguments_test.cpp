// SPDX-License-Identifier: Apache-2.0
#include "wire/arguments.hpp"

#include <doctest/doctest.h>

using namespace hearth::imap;

TEST_CASE("astrings are atoms, quoted strings and literals") {
    Arguments arguments("atom] \"quo\\\"te\\\\d\" {5}\r\nli\"e\r {2+}\r\nab \"\"");
    CHECK(arguments.astring() == "atom]");
    CHECK(arguments.space());
    CHECK(arguments.astring() == "quo\"te\\d");
    CHECK(arguments.space());
    CHECK(arguments.astring() == "li\"e\r");
    CHECK(arguments.space());
    CHECK(arguments.astring() == "ab");
    CHECK(arguments.space());
    CHECK(arguments.astring() == "");
    CHECK(arguments.end());
}

TEST_CASE("broken strings fail") {
    for (const auto* text : {"\"abc", "\"ab\\c\"", "\"ab\\", "\"a\rb\"", "{5}\r\nabc", "{5}", "{x}\r\n",
             "{99999999999999999999}\r\n", "", "(", "%", "\x80"}) {
        Arguments arguments(text);
        CHECK_MESSAGE(!arguments.astring(), text);
        CHECK(arguments.failed());
    }
}

TEST_CASE("the first failure sticks") {
    Arguments arguments("a b");
    CHECK(arguments.atom() == "a");
    CHECK(!arguments.expect('('));
    CHECK(!arguments.space());
    CHECK(!arguments.atom());
    CHECK(arguments.error() == "Missing '('");
    CHECK(arguments.at_end());
}

TEST_CASE("bytes beyond ASCII are read in quoted strings, not in atoms") {
    CHECK(Arguments("\"\xc3\xa4\"").astring() == "\xc3\xa4");
    CHECK(!Arguments("\xc3\xa4").astring());
}

TEST_CASE("numbers are decimal and bounded") {
    CHECK(Arguments("4294967295").number() == 4294967295U);
    CHECK(!Arguments("4294967296").number());
    CHECK(Arguments("4294967296").number64() == 4294967296U);
    CHECK(!Arguments("-1").number64());
    CHECK(!Arguments("").number());
}

TEST_CASE("words are matched whole and in any case") {
    Arguments arguments("return(x)");
    CHECK(!arguments.take_word("RETUR"));
    CHECK(arguments.take_word("RETURN"));
    CHECK(arguments.peek() == '(');
}

TEST_CASE("list patterns may hold wildcards") {
    CHECK(Arguments("a/%*]").list_mailbox() == "a/%*]");
    CHECK(Arguments("\"%\"").list_mailbox() == "%");
    CHECK(Arguments("a/%").astring() == "a/");
}

TEST_CASE("mailbox names are decoded, and INBOX has no case") {
    CHECK(Arguments("iNbOx").mailbox() == "INBOX");
    CHECK(Arguments("Entw&APw-rfe").mailbox() == "Entw\xc3\xbcrfe");
    CHECK(!Arguments("&broken").mailbox());
}

TEST_CASE("NIL and strings make an nstring") {
    CHECK(Arguments("NIL").nstring() == std::optional<std::optional<std::string>>(std::in_place, std::nullopt));
    CHECK(Arguments("\"NIL\"").nstring().value() == "NIL");
    CHECK(!Arguments("atom").nstring());
}

TEST_CASE("blanks at the end are forgiven, words are not") {
    CHECK(Arguments("  ").end());
    CHECK(!Arguments(" x").end());
}

TEST_CASE("a message set is numbers or the saved result") {
    Arguments saved("$ x");
    const auto set = saved.message_set();
    REQUIRE(set.has_value());
    CHECK(set->is_saved_result);
    CHECK(saved.space());
    Arguments numbers("1:3");
    CHECK_FALSE(numbers.message_set()->is_saved_result);
    Arguments none("x");
    CHECK_FALSE(none.message_set().has_value());
}

TEST_CASE("mailbox names are modified UTF-7 or, when the client has said so, UTF-8 and nothing else") {
    const auto name = [](std::string_view text, bool utf8) { return Arguments(text, utf8).mailbox().value_or("none"); };
    CHECK(name("B&APw-cher", false) == "B\xc3\xbc"
                                       "cher");
    CHECK(name("B&APw-cher", true) == "B&APw-cher");
    CHECK(name("\"B\xc3\xbc"
               "cher\"",
              true) == "B\xc3\xbc"
                       "cher");
    CHECK(name("\"B\xc3\xbc"
               "cher\"",
              false) == "none");
    CHECK(name("\"B\xfc"
               "cher\"",
              true) == "none");
    CHECK(name("a&b", false) == "none");
    CHECK(name("a&b", true) == "a&b");
    CHECK(name("iNbOx", true) == "INBOX");
}
