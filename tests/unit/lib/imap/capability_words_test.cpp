// SPDX-License-Identifier: Apache-2.0
#include "imap/capability_words.hpp"
#include "imap/id_words.hpp"

#include <doctest/doctest.h>

using namespace hearth::imap;

TEST_CASE("what is told before login is told after it as well, unless imap_capability replaces the list") {
    const auto after = " " + built_in_capabilities() + " ";
    CapabilityWords before(capabilities_before_login({}));
    CHECK(before.text() == "IMAP4rev1 IMAP4rev2 SASL-IR LITERAL+ ID ENABLE IDLE");
    for (const auto* word : {"IMAP4rev1", "IMAP4rev2", "SASL-IR", "LITERAL+", "ID", "ENABLE", "IDLE"})
        CHECK(after.find(std::string(" ") + word + " ") != std::string::npos);
}

TEST_CASE("imap_capability changes the list before login too") {
    CHECK(
        capabilities_before_login({"+XFOO -idle +id", false}) == "IMAP4rev1 IMAP4rev2 SASL-IR LITERAL+ ID ENABLE XFOO");
    CHECK(capabilities_before_login({"IMAP4rev1 X", false}) == "IMAP4rev1 X");
    CHECK(capabilities_before_login({.capability = "", .literal_minus = true}).find(" LITERAL- ") != std::string::npos);
}

TEST_CASE("an ID reply is made of quoted strings whatever the setting holds") {
    CHECK(id_reply("name *") == "(\"name\" \"Hearth\")");
    CHECK(id_reply("") == "NIL");
    CHECK(id_reply("name \"a\\b\" x \"\xc3\xa4\"") == "(\"name\" \"a\\\\b\" \"x\" \"??\")");
    CHECK(id_reply("os *") == "NIL");
}

TEST_CASE("of a client's ID only what is asked for is logged, on one line and not without end") {
    const std::vector<std::string> wanted{"name", "os"}, all{"*"}, none;
    ClientId some(wanted), every(all), nothing(none);
    for (auto* client : {&some, &every, &nothing}) {
        client->add("Name", "A\r\nB");
        client->add("version", "1");
    }
    CHECK(some.text() == "Name=A\\x0d\\x0aB");
    CHECK(every.text() == "Name=A\\x0d\\x0aB, version=1");
    CHECK(nothing.text().empty());
    for (int i = 0; i < 1000; ++i)
        every.add("x", std::string(1000, 'x'));
    CHECK(every.text().size() <= 260);
}
