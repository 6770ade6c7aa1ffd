// SPDX-License-Identifier: Apache-2.0
#include "wire/command_parser.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace hearth::imap;
using Event = CommandParser::Event;

namespace {

// APPEND's literals are handed over; those of APPEND x are refused.
bool is_append(std::string_view so_far) {
    return so_far.find("APPEND") != std::string_view::npos;
}

void drain(CommandParser& parser, std::vector<std::string>& events) {
    for (;;) {
        switch (parser.next()) {
        case Event::more: return;
        case Event::command: events.push_back("command " + std::string(parser.command())); break;
        case Event::continuation: events.push_back("+"); break;
        case Event::announced:
            if (parser.command().find("APPEND x") != std::string_view::npos) {
                parser.refuse({.bad = false, .text = "[CANNOT] no"});
                break;
            }
            events.push_back("announced " + std::string(parser.command()));
            parser.accept();
            events.emplace_back();
            break;
        case Event::bytes: events.back() += parser.piece(); break;
        case Event::refused:
            events.push_back(
                "refused " + parser.refusal().tag + (parser.refusal().bad ? " BAD " : " NO ") + parser.refusal().text);
            break;
        case Event::lost: events.push_back("lost"); return;
        }
    }
}

std::vector<std::string> events_of(std::string_view bytes, std::size_t split = std::string_view::npos) {
    CommandParser parser(is_append);
    std::vector<std::string> events;
    parser.feed(bytes.substr(0, split));
    drain(parser, events);
    if (split < bytes.size()) {
        parser.feed(bytes.substr(split));
        drain(parser, events);
    }
    return events;
}

using Events = std::vector<std::string>;

} // namespace

TEST_CASE("lines end with CRLF or a bare LF") {
    CHECK(events_of("a NOOP\r\nb NOOP\nc NO") == Events{"command a NOOP", "command b NOOP"});
}

TEST_CASE("an empty line is a command without words") {
    CHECK(events_of("\r\n") == Events{"command "});
}

TEST_CASE("a synchronising literal asks for a continuation") {
    CHECK(events_of("a SELECT {5}\r\nINBOX\r\n") == Events{"+", "command a SELECT {5}\r\nINBOX"});
}

TEST_CASE("a non-synchronising literal does not") {
    CHECK(events_of("a SELECT {5+}\r\nIN\r\nX\r\n") == Events{"command a SELECT {5+}\r\nIN\r\nX"});
}

TEST_CASE("a literal of no bytes is followed by the rest of its line") {
    CHECK(events_of("a X {0+}\r\n y\r\n") == Events{"command a X {0+}\r\n y"});
    CHECK(events_of("a X {0}\r\n y\r\n") == Events{"+", "command a X {0}\r\n y"});
}

TEST_CASE("several literals make one command") {
    CHECK(events_of("a X {1+}\r\n{ {2+}\r\n}\n\r\n") == Events{"command a X {1+}\r\n{ {2+}\r\n}\n"});
}

TEST_CASE("braces in quoted strings and in words are no literals") {
    CHECK(events_of("a X \"{5}\r\n") == Events{"command a X \"{5}"});
    CHECK(events_of("a X \"\\\"{5}\r\n") == Events{"command a X \"\\\"{5}"});
    CHECK(events_of("a X {}\r\n") == Events{"command a X {}"});
    CHECK(events_of("a X {x}\r\n") == Events{"command a X {x}"});
    CHECK(events_of("a X {5}y\r\n") == Events{"command a X {5}y"});
}

TEST_CASE("a refused literal is not asked for") {
    CHECK(events_of("a APPEND x {5}\r\nb NOOP\r\n") == Events{"refused a NO [CANNOT] no", "command b NOOP"});
}

TEST_CASE("a refused literal that comes anyway is thrown away with the rest of its command") {
    CHECK(
        events_of("a APPEND x {5+}\r\nab\r\nc\r\nb NOOP\r\n") == Events{"refused a NO [CANNOT] no", "command b NOOP"});
    CHECK(events_of("a APPEND x {5+}\r\nabcde {3+}\r\nabc {7}\r\nb NOOP\r\n") ==
          Events{"refused a NO [CANNOT] no", "command b NOOP"});
    CHECK(events_of("a APPEND x {500000+}\r\n" + std::string(500000, 'x') + "\r\nb NOOP\r\n") ==
          Events{"refused a NO [CANNOT] no", "command b NOOP"});
}

TEST_CASE("every split of the input gives the same events") {
    const std::string input = "m APPEND y {4+}\r\nm\r\nm {2+}\r\n\r\n\r\na SELECT {5+}\r\nIN\r\nX\r\nb APPEND x "
                              "{4+}\r\nab\r\n\r\nc NOOP\nd LIST {2}\r\n\"\" "
                              "\"{9}\" {1+}\r\n%\r\n\r\ne X \"\\\\{3}\r\n";
    const auto expected = events_of(input);
    REQUIRE(expected.size() == 12);
    for (std::size_t split = 0; split <= input.size(); ++split)
        CHECK(events_of(input, split) == expected);
    CommandParser parser(is_append);
    std::vector<std::string> bytewise;
    for (const char c : input) {
        parser.feed({&c, 1});
        drain(parser, bytewise);
    }
    CHECK(bytewise == expected);
}

TEST_CASE("a line that is too long is refused once, with its tag, and the next command is served") {
    const std::string long_line = "a1 NOOP " + std::string(CommandParser::line_max, 'x') + "\r\nb NOOP\r\n";
    CHECK(events_of(long_line) == Events{"refused a1 BAD [TOOBIG] Command line is too long", "command b NOOP"});
    CHECK(events_of(long_line, 5000) == events_of(long_line));
}

TEST_CASE("a literal announced at the end of a line that is too long is thrown away") {
    const std::string input = "a X " + std::string(CommandParser::line_max, 'x') + " {4+}\r\nab\r\n\r\nb NOOP\r\n";
    CHECK(events_of(input) == Events{"refused a BAD [TOOBIG] Command line is too long", "command b NOOP"});
}

TEST_CASE("a literal that is too large is refused before it is sent, or thrown away") {
    CHECK(events_of("a X {131073}\r\nb NOOP\r\n") ==
          Events{"refused a BAD [TOOBIG] Literal is too large", "command b NOOP"});
    CHECK(events_of("a X {99999999999999999999999}\r\n") == Events{"refused a BAD [TOOBIG] Literal is too large"});
    CHECK(events_of("a X {131073+}\r\n" + std::string(131073, 'x') + "\r\nb NOOP\r\n") ==
          Events{"refused a BAD [TOOBIG] Literal is too large", "command b NOOP"});
}

TEST_CASE("many small literals do not get past the limit of a command") {
    std::string input = "a X";
    for (int i = 0; i < 40; ++i)
        input += " {10000+}\r\n" + std::string(10000, 'x');
    CHECK(
        events_of(input + "\r\nb NOOP\r\n") == Events{"refused a BAD [TOOBIG] Literal is too large", "command b NOOP"});
}

TEST_CASE("a literal beyond what may be thrown away ends the conversation") {
    CHECK(events_of("a X {9999999999+}\r\n") == Events{"lost"});
    CHECK(events_of("a X {99999999999999999999999+}\r\n") == Events{"lost"});
    CHECK(events_of("a APPEND x {9999999999+}\r\n") == Events{"lost"});
}

TEST_CASE("NUL is refused in lines and literals") {
    CHECK(events_of(std::string("a NO\0P\r\nb NOOP\r\n", 16)) ==
          Events{"refused a BAD NUL in a command", "command b NOOP"});
    CHECK(events_of(std::string("a X {3+}\r\nx\0y\r\nb NOOP\r\n", 23)) ==
          Events{"refused a BAD NUL in a literal", "command b NOOP"});
}

TEST_CASE("a message is handed over as it comes, and what follows it is read on") {
    CHECK(events_of("a APPEND y {4}\r\nab\r\n\r\nb NOOP\r\n") ==
          Events{"announced a APPEND y {4}", "ab\r\n", "command ", "command b NOOP"});
    CHECK(
        events_of("a APPEND y {3+}\r\nabc (\\Seen) ~{2+}\r\n\n\n\r\nb NOOP\r\n") ==
        Events{"announced a APPEND y {3+}", "abc", "announced  (\\Seen) ~{2+}", "\n\n", "command ", "command b NOOP"});
    CHECK(events_of("a APPEND y {0+}\r\n x\r\n") == Events{"announced a APPEND y {0+}", "", "command  x"});
    CommandParser parser(is_append);
    parser.feed("a APPEND y ~{200000}\r\n");
    REQUIRE(parser.next() == Event::announced);
    CHECK(parser.announced().binary);
    CHECK(parser.announced().waits);
    CHECK(parser.announced().size == 200000);
    parser.accept();
    for (int i = 0; i < 200; ++i) {
        parser.feed(std::string(1000, '\0'));
        CHECK_FALSE(parser.literal_complete());
        REQUIRE(parser.next() == Event::bytes);
        CHECK(parser.piece().size() == 1000);
        CHECK(parser.command().empty());
    }
    CHECK(parser.literal_complete());
    CHECK(parser.next() == Event::more);
}

TEST_CASE("a message may be refused while it comes and in the line after it") {
    for (const std::size_t accepted : {0, 1, 3, 4}) {
        CommandParser parser(is_append);
        parser.feed("a APPEND y {4+}\r\nabcd (x {3+}\r\nxyz\r\nb NOOP\r\n");
        REQUIRE(parser.next() == Event::announced);
        parser.accept();
        REQUIRE(parser.next() == Event::bytes);
        if (accepted == 4) REQUIRE(parser.next() == Event::announced);
        CHECK(parser.is_streaming());
        parser.refuse({.bad = false, .text = "no"});
        parser.refuse({.bad = true, .text = "only the first counts"});
        REQUIRE(parser.next() == Event::refused);
        CHECK(parser.refusal().tag == "a");
        CHECK(parser.refusal().text == "no");
        CHECK_FALSE(parser.is_streaming());
        REQUIRE(parser.next() == Event::command);
        CHECK(parser.command() == "b NOOP");
    }
}

TEST_CASE("a message that nobody decides about is refused") {
    CommandParser parser(is_append);
    parser.feed("a APPEND y {4}\r\nb APPEND y {4+}\r\nabcd\r\nc NOOP\r\n");
    REQUIRE(parser.next() == Event::announced);
    REQUIRE(parser.next() == Event::refused);
    CHECK(parser.refusal().tag == "a");
    REQUIRE(parser.next() == Event::announced);
    REQUIRE(parser.next() == Event::refused);
    CHECK(parser.refusal().tag == "b");
    CHECK(parser.next() == Event::command);
}

TEST_CASE("messages have limits of their own") {
    CHECK(events_of("a APPEND y {99999999999999999999999}\r\nb NOOP\r\n") ==
          Events{"refused a NO [TOOBIG] Literal is too large", "command b NOOP"});
    CHECK(events_of("a APPEND x {9999999999+}\r\n") == Events{"lost"});
    const std::string long_line =
        "a APPEND y {1+}\r\nz" + std::string(CommandParser::line_max + 1, 'x') + "\r\nb NOOP\r\n";
    CHECK(events_of(long_line) == Events{"announced a APPEND y {1+}", "z",
                                      "refused a BAD [TOOBIG] Command line is too long", "command b NOOP"});
}

TEST_CASE("with LITERAL- large literals must be asked for") {
    CommandParser parser(is_append, true);
    std::vector<std::string> events;
    parser.feed("a X {4096+}\r\n" + std::string(4096, 'x') + "\r\nb X {4097+}\r\n" + std::string(4097, 'x') +
                "\r\nc APPEND y {5000+}\r\n" + std::string(5000, 'x') + "\r\nd X {5000}\r\n");
    drain(parser, events);
    REQUIRE(events.size() == 4);
    CHECK(events[0].starts_with("command a X {4096+}"));
    CHECK(events[1] == "refused b BAD [TOOBIG] A literal of this size must be asked for");
    CHECK(events[2] == "refused c BAD [TOOBIG] A literal of this size must be asked for");
    CHECK(events[3] == "+");
}

TEST_CASE("announcements cost no memory") {
    CommandParser parser;
    parser.feed("a X {131000+}\r\n");
    CHECK(parser.next() == Event::more);
    CHECK(parser.command().size() < 100);
}

TEST_CASE("a tag is a word without list characters and plus") {
    CHECK(tag_of("a1 NOOP") == "a1");
    CHECK(tag_of("a1") == "a1");
    CHECK(tag_of("a+ NOOP").empty());
    CHECK(tag_of("(a NOOP").empty());
    CHECK(tag_of("").empty());
}
