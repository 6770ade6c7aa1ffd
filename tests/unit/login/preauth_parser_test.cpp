// SPDX-License-Identifier: Apache-2.0
#include "preauth_parser.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace hearth::login;
using Event = PreauthParser::Event;

namespace {

std::string show(const Argument& argument) {
    if (argument.kind == Argument::Kind::atom) return argument.text;
    if (argument.kind == Argument::Kind::string) return "\"" + argument.text + "\"";
    std::string list = "(";
    for (const auto& item : argument.items)
        list += show(item) + ",";
    return list + ")";
}

/// Everything the parser says to `pieces`, as text.
std::string transcript(const std::vector<std::string>& pieces) {
    PreauthParser parser;
    std::string text;
    for (const auto& piece : pieces) {
        parser.feed(piece);
        for (auto event = parser.next(); event != Event::more; event = parser.next()) {
            if (event == Event::command) {
                const auto command = parser.take_command();
                text += "[" + command.tag + " " + command.name;
                for (const auto& argument : command.arguments)
                    text += " " + show(argument);
                text += "]";
            } else if (event == Event::continuation) {
                text += "+";
            } else if (event == Event::bad) {
                text += "BAD(" + parser.tag() + ")";
            } else {
                return text + "LOST";
            }
        }
    }
    return text;
}

const std::string conversation = "a1 LOGIN {5}\r\nalice {6+}\r\nsec\"et\r\n"
                                 "b login \"al\\\"ice\" \"\\\\pw\"\n"
                                 "c AUTHENTICATE PLAIN AGEAYg==\r\n"
                                 "d ID (\"name\" {2}\r\nxy NIL \"\")\r\n"
                                 "e ID NIL\r\n\r\n"
                                 "f LOGIN (a (b)) c\r\ng NOOP \r\n+ x\r\nh NO\x01P\r\n";
const std::string said = "+[a1 LOGIN \"alice\" \"sec\"et\"]"
                         "[b LOGIN \"al\"ice\" \"\\pw\"]"
                         "[c AUTHENTICATE PLAIN AGEAYg==]"
                         "+[d ID (\"name\",\"xy\",NIL,\"\",)]"
                         "[e ID NIL]BAD(*)"
                         "BAD(f)[g NOOP]BAD(*)BAD(h)";

} // namespace

TEST_CASE("commands with literals, quoted strings and lists are understood, whatever the bytes come in") {
    CHECK(transcript({conversation}) == said);
    for (std::size_t cut = 0; cut <= conversation.size(); ++cut) {
        CAPTURE(cut);
        REQUIRE(transcript({conversation.substr(0, cut), conversation.substr(cut)}) == said);
    }
    std::vector<std::string> bytes;
    for (const char c : conversation)
        bytes.emplace_back(1, c);
    CHECK(transcript(bytes) == said);
}

TEST_CASE("what can't be a command before login is BAD, and the next one is served") {
    for (const std::string line : {"a LOGIN \"x", "a LOGIN x\"y\"", "a LOGIN (a", "a LOGIN a)", "a", "a ", "a (b)",
             "a LOGIN \"a\\n\" b", "a LOGIN \xc3\xa4 b", "a {3}x", "*x NOOP", " a NOOP"}) {
        CAPTURE(line);
        CHECK(transcript({line + "\r\nz NOOP\r\n"}).find("[z NOOP]") != std::string::npos);
        CHECK(transcript({line + "\r\n"}).starts_with("BAD("));
    }
}

TEST_CASE("NUL is refused in lines, strings and literals, and the framing survives") {
    using namespace std::string_literals;
    CHECK(transcript({"a LOGIN b \"c\0d\"\r\nz NOOP\r\n"s}) == "BAD(a)[z NOOP]");
    CHECK(transcript({"a LOGIN b {3+}\r\nc\0d\r\nz NOOP\r\n"s}) == "BAD(a)[z NOOP]");
    CHECK(transcript({"a LOGIN\0 b {8+}\r\nx NOOP\r\n\r\nz NOOP\r\n"s}) == "BAD(a)[z NOOP]");
}

TEST_CASE("lines, literals and arguments are bounded") {
    CHECK(transcript({"a LOGIN " + std::string(20'000, 'x')}) == "");
    CHECK(transcript({"a LOGIN b " + std::string(PreauthParser::line_max - 10, 'x') + "\r\n"})
              .starts_with("[a LOGIN b "));
    CHECK(transcript({"a LOGIN {8193}\r\nz NOOP\r\n"}) == "BAD(a)[z NOOP]");
    CHECK(transcript({"a LOGIN {99999999999999999999999}\r\n"}) == "BAD(a)");
    CHECK(transcript({"a LOGIN {8193+}\r\n"}) == "LOST");
    CHECK(transcript({"a LOGIN {5000+}\r\n" + std::string(5000, 'x') + " {5000+}\r\n"}) == "LOST");
    std::string many = "a ID (";
    for (int i = 0; i < 200; ++i)
        many += "x ";
    CHECK(transcript({many + ")\r\n"}) == "BAD(a)");
    std::string empty = "a LOGIN";
    for (int i = 0; i < 3000; ++i)
        empty += " {0+}\r\n";
    CHECK(transcript({empty}).starts_with("LOST"));
    CHECK(transcript({std::string(200, 't') + " NOOP\r\n"}) == "BAD(*)");
}

TEST_CASE("a line that is too long is skipped and refused with its tag, and the next command is served") {
    const std::string much(20'000, 'x');
    CHECK(transcript({"a LOGIN " + much + "\r\nb NOOP\r\n"}) == "BAD(a)[b NOOP]");
    CHECK(transcript({"a LOGIN ", much, much, "\r", "\nb NOOP\r\n"}) == "BAD(a)[b NOOP]");
    CHECK(transcript({"a LOGIN {3+}\r\nxyz " + much, much + "\nb NOOP\n"}) == "BAD(a)[b NOOP]");
    // Whatever follows a literal that comes unasked can't be told from commands.
    CHECK(transcript({"a LOGIN " + much + " {8+}\r\nx NOOP\r\n\r\n"}) == "LOST");
    CHECK(transcript({"a LOGIN " + much, " {8+", "}\r\nx NOOP\r\n\r\n"}) == "LOST");
    CHECK(transcript({"a LOGIN " + much, " {8}\r\nb NOOP\r\n"}) == "BAD(a)[b NOOP]");
    PreauthParser parser;
    auto event = Event::more;
    std::size_t fed = 0;
    for (; event == Event::more && fed < 10 * PreauthParser::skipped_max; fed += much.size()) {
        parser.feed(much);
        event = parser.next();
        CHECK(parser.held() <= PreauthParser::line_max + much.size());
    }
    CHECK(event == Event::lost);
    CHECK(fed <= PreauthParser::skipped_max + PreauthParser::line_max + 2 * much.size());
}

TEST_CASE("ID may be as long as RFC 2971 lets it be") {
    std::string pairs;
    for (int i = 0; i < 30; ++i)
        pairs += (i == 0 ? "\"" : " \"") + std::string(30, 'n') + "\" \"" + std::string(1024, 'v') + "\"";
    CHECK(transcript({"a ID (" + pairs + ")\r\nb NOOP\r\n"}).ends_with(")][b NOOP]"));
    CHECK(transcript({"a id (" + pairs + ")\r\n"}).starts_with("[a ID ("));
    CHECK(transcript({"a ID (" + pairs + pairs + ")\r\nb NOOP\r\n"}) == "BAD(a)[b NOOP]");
    CHECK(transcript({"a IDX (" + pairs + ")\r\nb NOOP\r\n"}) == "BAD(a)[b NOOP]");
}

TEST_CASE("an announced literal takes no memory before it comes") {
    PreauthParser parser;
    parser.feed("a LOGIN {8000}\r\n");
    CHECK(parser.next() == Event::continuation);
    CHECK(parser.held() == 0);
}

TEST_CASE("what stands behind a command is left alone, byte for byte") {
    using namespace std::string_literals;
    const auto rest = "b SELECT INBOX\r\nc \0\xff {9}\r\nhalf"s;
    PreauthParser parser;
    parser.feed("a LOGIN x y\r\n" + rest);
    REQUIRE(parser.next() == Event::command);
    CHECK(parser.take_rest() == rest);
    CHECK(parser.next() == Event::more);
    parser.feed("d NOOP\r\n");
    CHECK(parser.next() == Event::command);
}

TEST_CASE("SASL answers are lines as they are") {
    PreauthParser parser;
    parser.feed("AGEA");
    CHECK(parser.next_line() == Event::more);
    parser.feed("Yg==\r\n*\nb NOOP\r\n");
    REQUIRE(parser.next_line() == Event::line);
    CHECK(parser.take_line() == "AGEAYg==");
    REQUIRE(parser.next_line() == Event::line);
    CHECK(parser.take_line() == "*");
    CHECK(parser.next() == Event::command);
    parser.feed(std::string(9000, 'A'));
    CHECK(parser.next_line() == Event::lost);
}
