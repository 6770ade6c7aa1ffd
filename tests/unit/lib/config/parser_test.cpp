// SPDX-License-Identifier: Apache-2.0
#include "config/parser.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace hearth::config;

namespace {

// "key=value" and "type:name{...}", so that a tree is one line of a test.
std::string shape(const std::vector<Statement>& statements) {
    std::string text;
    for (const auto& s : statements) {
        if (!text.empty()) text += ' ';
        if (s.is_section)
            text += fmt::format("{}:{}{{{}}}", s.key.text, s.value.text, shape(s.inside));
        else
            text += fmt::format("{}=[{}]", s.key.text, s.value.text);
    }
    return text;
}

struct Parsed {
    std::vector<Statement> statements;
    std::vector<Diagnostic> errors;
};

Parsed parse(std::map<std::string, std::string> files, const std::string& path = "a.conf") {
    const MemoryFiles memory(std::move(files));
    Report report;
    ParseRun run{.files = memory, .report = report};
    auto statements = parse_file(path, run);
    return {std::move(statements), report.errors()};
}

std::string parsed(const std::string& text) {
    const auto result = parse({{"a.conf", text}});
    CHECK(result.errors.empty());
    return shape(result.statements);
}

std::string first_error(const std::string& text) {
    const auto result = parse({{"a.conf", text}});
    REQUIRE(!result.errors.empty());
    return result.errors.front().text();
}

} // namespace

TEST_CASE("a setting's value is the rest of the line without blanks around it") {
    CHECK(parsed("key = value") == "key=[value]");
    CHECK(parsed("key=value\n") == "key=[value]");
    CHECK(parsed("\tkey\t=  two words \t\r\nother =\n") == "key=[two words] other=[]");
}

TEST_CASE("a comment begins at a line's start or behind a blank") {
    CHECK(parsed("# a\n  # b\nkey = v # c\nsharp = a#b\nempty = # d") == "key=[v] sharp=[a#b] empty=[]");
    CHECK(parsed("# joined? \\\nkey = v") == "key=[v]");
    CHECK(parsed("key = v # joined? \\\nother = w") == "key=[v] other=[w]");
}

TEST_CASE("quotes hold an entire value and a backslash escapes in them") {
    CHECK(parsed("a = \" x # y \"\nb = 'it \\' is'\nc = \"\\\\ \\\"\"") == "a=[ x # y ] b=[it ' is] c=[\\ \"]");
    CHECK(parsed("a = it's \\Drafts") == "a=[it's \\Drafts]");
}

TEST_CASE("an escaped line end reads as one blank") {
    CHECK(parsed("a = b  \\\n    c\\\n\td") == "a=[b c d]");
    CHECK(parsed("a = \"b \\\n   c\"") == "a=[b c]");
    CHECK(parsed("a = b\\") == "a=[b\\]");
}

TEST_CASE("sections nest, may be named and may stand on one line") {
    CHECK(parsed("s a {\n x = 1\n t {\n y = 2\n }\n}\n") == "s:a{x=[1] t:{y=[2]}}");
    CHECK(parsed("s a { x = 1; y = 2 }") == "s:a{x=[1] y=[2]}");
    CHECK(parsed("s { t b { x = 1 } y = 2; }\nz = 3") == "s:{t:b{x=[1]} y=[2]} z=[3]");
    CHECK(parsed("s a { x = 1\n y = a;b\n}") == "s:a{x=[1] y=[a;b]}");
    CHECK(parsed("mailbox \"Sent Messages\" {\n}") == "mailbox:Sent Messages{}");
}

TEST_CASE("braces of a variable don't end a one-line section") {
    CHECK(parsed("s { x = in=%{pid}; y = 1 }") == "s:{x=[in=%{pid}] y=[1]}");
    CHECK(parsed("unix_listener imap-%{pid} { }") == "unix_listener:imap-%{pid}{}");
    CHECK(parsed("x = deleted=%{deleted} }") == "x=[deleted=%{deleted} }]");
}

TEST_CASE("every word knows where it stands") {
    const auto result = parse({{"a.conf", "\n\nservice imap {\n\tmode = \\\n  0600\n}\n"}});
    REQUIRE(result.statements.size() == 1);
    const auto& service = result.statements[0];
    CHECK(service.key.origin == Origin{.file = "a.conf", .line = 3, .column = 1});
    CHECK(service.value.origin == Origin{.file = "a.conf", .line = 3, .column = 9});
    REQUIRE(service.inside.size() == 1);
    CHECK(service.inside[0].key.origin == Origin{.file = "a.conf", .line = 4, .column = 2});
    CHECK(service.inside[0].value.origin == Origin{.file = "a.conf", .line = 5, .column = 3});
}

TEST_CASE("includes stand in their place, relative to the including file, in the order of their names") {
    const auto result =
        parse({{"/e/a.conf", "x = 1\ns {\n!include c/*.conf\n}\n!include_try missing.conf\n!include 'd.conf'"},
                  {"/e/c/20.conf", "z = 3"}, {"/e/c/10.conf", "y = 2\n!include 20.conf"}, {"/e/d.conf", "w = 4"}},
            "/e/a.conf");
    CHECK(result.errors.empty());
    CHECK(shape(result.statements) == "x=[1] s:{y=[2] z=[3] z=[3]} w=[4]");
    CHECK(result.statements[1].inside[0].key.origin.file == "/e/c/10.conf");
}

TEST_CASE("a file that includes itself, and one that isn't there, are errors") {
    const auto result =
        parse({{"a.conf", "!include b.conf\n!include none.conf\nx = 1"}, {"b.conf", "!include a.conf"}});
    REQUIRE(result.errors.size() == 2);
    CHECK(result.errors[0].text() == "a.conf:2:10: error: can't read none.conf: No such file or directory\n"
                                     "    !include none.conf\n"
                                     "             ^\n"
                                     "    hint: write !include_try if it may be missing\n");
    CHECK(result.errors[1].text() == "b.conf:1:10: error: a.conf includes itself\n"
                                     "    !include a.conf\n"
                                     "             ^\n"
                                     "    hint: remove one of the !include lines\n");
    CHECK(shape(result.statements) == "x=[1]");
}

TEST_CASE("includes have a bounded depth") {
    std::map<std::string, std::string> files;
    for (int i = 0; i < 40; ++i)
        files[fmt::format("{}.conf", i)] = fmt::format("!include {}.conf", i + 1);
    const auto result = parse(std::move(files), "0.conf");
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].message == "files include one another more than 16 deep");
}

TEST_CASE("sections have a bounded depth, and the report stays short") {
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text += "s {\n";
    const auto result = parse({{"a.conf", text}});
    REQUIRE(result.errors.size() == 1);
    CHECK(result.errors[0].message == "sections stand in one another more than 16 deep");
}

TEST_CASE("mistakes of grammar are shown with a caret and the way out") {
    CHECK(first_error("  key value\n") ==
          "a.conf:1:7: error: expected `=` after `key`, or `{` behind a section's name\n"
          "      key value\n"
          "          ^\n"
          "    hint: write `key = value`, or `key value {`\n");
    CHECK(first_error("key\n") == "a.conf:1:1: error: `key` is followed by neither `=` nor `{`\n"
                                  "    key\n"
                                  "    ^\n"
                                  "    hint: write `key = value`\n");
    CHECK(first_error("= 5\n") == "a.conf:1:1: error: a name is missing before `=`\n"
                                  "    = 5\n"
                                  "    ^\n"
                                  "    hint: write `key = value`\n");
    CHECK(first_error("s {\n x = 1\n") == "a.conf:1:3: error: this section is never closed\n"
                                          "    s {\n"
                                          "      ^\n"
                                          "    hint: a `}` is missing in this file\n");
    CHECK(first_error("x = 1\n}\n") == "a.conf:2:1: error: there is no open section that this `}` could close\n"
                                       "    }\n"
                                       "    ^\n"
                                       "    hint: remove it\n");
    CHECK(first_error("x = \"abc\n") == "a.conf:1:5: error: this \" is never closed on its line\n"
                                        "    x = \"abc\n"
                                        "        ^\n"
                                        "    hint: close it, or begin without it\n");
    CHECK(first_error("x = \"a\" b\n") == "a.conf:1:9: error: the quotes must hold the entire value\n"
                                          "    x = \"a\" b\n"
                                          "            ^\n"
                                          "    hint: put all of it into one pair of quotes, or use none\n");
    CHECK(first_error("s {\n} x = 1\n") == "a.conf:2:3: error: nothing may follow `}` on its line\n"
                                           "    } x = 1\n"
                                           "      ^\n"
                                           "    hint: begin a new line\n");
    CHECK(first_error("service imap{\n}\n") == "a.conf:1:9: error: `{` belongs to the name here\n"
                                               "    service imap{\n"
                                               "            ^\n"
                                               "    hint: put a blank before `{`\n");
    CHECK(first_error("!include\n") == "a.conf:1:1: error: !include names no file\n"
                                       "    !include\n"
                                       "    ^\n"
                                       "    hint: write `!include conf.d/*.conf`\n");
}

TEST_CASE("the caret stands under the right character behind tabs and letters of several bytes") {
    CHECK(first_error("\tgr\xc3\xbc\xc3\x9f"
                      "e value\n") == "a.conf:1:10: error: expected `=` after `gr\xc3\xbc\xc3\x9f"
                                      "e`, or `{` behind a section's name\n"
                                      "    \tgr\xc3\xbc\xc3\x9f"
                                      "e value\n"
                                      "    \t      ^\n"
                                      "    hint: write `gr\xc3\xbc\xc3\x9f"
                                      "e = value`, or `gr\xc3\xbc\xc3\x9f"
                                      "e value {`\n");
}

TEST_CASE("a mistake inside a one-line section doesn't swallow what follows") {
    const auto result = parse({{"a.conf", "s { mode 0600; x = 1 }\ny = 2\n"}});
    CHECK(result.errors.size() == 1);
    CHECK(shape(result.statements) == "s:{x=[1]} y=[2]");
}

TEST_CASE("a line that can't be read and opens a section takes the section with it") {
    const auto result = parse({{"a.conf", "service imap{\n x = 1\n}\ny = 2\n"}});
    CHECK(result.errors.size() == 1);
    CHECK(shape(result.statements) == "y=[2]");
}

TEST_CASE("a file with control bytes is not read, and its bytes don't reach the terminal") {
    CHECK(first_error("x = \x1b[2J\n") == "a.conf:1:5: error: this file holds a control byte; it is not read\n"
                                          "    x = \\x1b[2J\n"
                                          "        ^\n"
                                          "    hint: remove the byte; is it a text file?\n");
}

TEST_CASE("an override names a setting by its path") {
    Report report;
    CHECK(shape(parse_override("service/imap/client_limit=4", 1, report)) == "service:imap{client_limit=[4]}");
    CHECK(shape(parse_override("base_dir = /tmp/x", 2, report)) == "base_dir=[/tmp/x]");
    CHECK(!report.has_errors());
    CHECK(parse_override("service/imap=4", 3, report).empty());
    CHECK(parse_override("nothing", 4, report).empty());
    CHECK(report.errors().size() == 2);
}
