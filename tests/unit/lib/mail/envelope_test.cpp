// SPDX-License-Identifier: Apache-2.0
#include "mail/envelope.hpp"

#include "mail/addresses.hpp"

#include <doctest/doctest.h>

using namespace hearth::mail;

namespace {

Address person(std::optional<std::string> name, std::string mailbox, std::string host) {
    return {std::move(name), std::nullopt, std::move(mailbox), std::move(host)};
}

std::string repeat(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i)
        result += text;
    return result;
}

} // namespace

TEST_CASE("the envelope of RFC 3501's example message") {
    const auto envelope = parse_envelope("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
                                         "From: Terry Gray <gray@cac.washington.edu>\r\n"
                                         "Subject: IMAP4rev1 WG mtg summary and\r\n minutes\r\n"
                                         "To: imap@cac.washington.edu\r\n"
                                         "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
                                         "Message-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n");
    CHECK(envelope.date == "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)");
    CHECK(envelope.subject == "IMAP4rev1 WG mtg summary and minutes");
    CHECK(envelope.message_id == "<B27397-0100000@cac.washington.edu>");
    CHECK_FALSE(envelope.in_reply_to);
    const std::vector<Address> gray{person("Terry Gray", "gray", "cac.washington.edu")};
    CHECK(envelope.from == gray);
    CHECK(envelope.sender == gray);
    CHECK(envelope.reply_to == gray);
    CHECK(envelope.to == std::vector<Address>{person(std::nullopt, "imap", "cac.washington.edu")});
    CHECK(envelope.cc == std::vector<Address>{person(std::nullopt, "minutes", "CNRI.Reston.VA.US"),
                             person("John Klensin", "KLENSIN", "MIT.EDU")});
    CHECK(envelope.bcc.empty());
}

TEST_CASE("an empty Sender and Reply-To count as absent") {
    const auto envelope = parse_envelope("From: a@b\r\nSender:\r\nReply-To: \r\n");
    CHECK(envelope.sender == envelope.from);
    CHECK(envelope.reply_to == envelope.from);
}

TEST_CASE("own Sender and Reply-To stay") {
    const auto envelope = parse_envelope("From: a@b\r\nSender: c@d\r\nReply-To: e@f, g@h\r\n");
    CHECK(envelope.sender == std::vector<Address>{person(std::nullopt, "c", "d")});
    CHECK(envelope.reply_to.size() == 2);
}

TEST_CASE("an empty header has an empty envelope") {
    CHECK(parse_envelope("") == Envelope{});
    CHECK(parse_envelope("\r\n") == Envelope{});
}

TEST_CASE("an empty Subject is an empty string, a missing one is nothing") {
    CHECK(parse_envelope("Subject:\r\n").subject == "");
    CHECK_FALSE(parse_envelope("X: y\r\n").subject);
}

TEST_CASE("repeated From fields are joined, of repeated Subjects the first counts") {
    const auto envelope = parse_envelope("From: a@b\r\nSubject: one\r\nFrom: c@d\r\nSubject: two\r\n");
    CHECK(envelope.from.size() == 2);
    CHECK(envelope.subject == "one");
}

TEST_CASE("a group is its start, its members and its end") {
    const auto list = parse_addresses("A Group: Ed <ed@example.com>, joe@where.test; , x@y");
    REQUIRE(list.size() == 5);
    CHECK(list[0] == Address{std::nullopt, std::nullopt, "A Group", std::nullopt});
    CHECK(list[1] == person("Ed", "ed", "example.com"));
    CHECK(list[2] == person(std::nullopt, "joe", "where.test"));
    CHECK(list[3] == Address{});
    CHECK(list[4] == person(std::nullopt, "x", "y"));
    const auto hidden = parse_addresses("undisclosed-recipients:;");
    REQUIRE(hidden.size() == 2);
    CHECK(hidden[0].mailbox == "undisclosed-recipients");
    CHECK(hidden[1] == Address{});
}

TEST_CASE("a route is kept apart from the address") {
    const auto list = parse_addresses("Joe <@a.example,@b.example:joe@c.example>, <@r:\"jim x\"@d>");
    REQUIRE(list.size() == 2);
    CHECK(list[0] == Address{"Joe", "@a.example,@b.example", "joe", "c.example"});
    CHECK(list[1] == Address{std::nullopt, "@r", "jim x", "d"});
}

TEST_CASE("RFC 2047 words in names stay encoded, and so does what looks like our disguise") {
    CHECK(parse_addresses("=?utf-8?q?J=C3=B6rg?= <j@x>")[0].name == "=?utf-8?q?J=C3=B6rg?=");
    CHECK(parse_addresses("\"=?utf-8?q?J=C3=B6rg?=\" <j@x>")[0].name == "=?utf-8?q?J=C3=B6rg?=");
    CHECK(parse_addresses("=!A =!B <j=!R.x@x>") == std::vector<Address>{person("=!A =!B", "j=!R.x", "x")});
    CHECK(parse_addresses("<=!R.x@x>") == std::vector<Address>{person(std::nullopt, "=!R.x", "x")});
}

TEST_CASE("quoted names and local parts lose their quotes") {
    CHECK(parse_addresses("\"Doe, Joe \\\"X\\\"\" <\"joe doe\"@x>") ==
          std::vector<Address>{person("Doe, Joe \"X\"", "joe doe", "x")});
}

TEST_CASE("the old way of writing names in comments is read") {
    CHECK(parse_addresses("joe@x (Joe Doe)") == std::vector<Address>{person("Joe Doe", "joe", "x")});
}

TEST_CASE("an address without a domain is not taken for a group") {
    const auto list = parse_addresses("root");
    REQUIRE(list.size() == 1);
    CHECK(list[0].mailbox == "root");
    CHECK(list[0].host == "MISSING_DOMAIN");
}

TEST_CASE("what is no address gives none") {
    CHECK(parse_addresses("").empty());
    CHECK(parse_addresses(" ,, ,").empty());
}

TEST_CASE("address fields made to hurt are parsed to an end") {
    for (const auto* unit : {"a:", "<", "(", "( ) ", "\"", "\\", "a@", "@", ",", ";", "a.", "a b ", "<@", "=?", "[",
             "a:;", "<@a:", "\"a, ", "(a, ", "a,(", "a@b(, ", "<a@b("})
        static_cast<void>(parse_addresses(repeat(unit, 100000)));
    const auto many = parse_addresses(repeat("a@b, ", 200000));
    CHECK(many.size() > 50000);
    CHECK(many.size() <= address_bytes_max / 5 + 1);
    CHECK(parse_envelope(repeat("To: a@b\r\n", 100000)).to.size() > 1000);
}

TEST_CASE("addresses are written as an envelope has them, where they stand otherwise") {
    CHECK(canonical_addresses("<user-from (comment)@ (comment) domain.org>") == "<user-from@domain.org>");
    CHECK(canonical_addresses("a@b.c (Real Name), group (x): d@e.f;") == "Real Name <a@b.c>, <d@e.f>");
    CHECK_FALSE(canonical_addresses("Joe <joe@example.org>, \"x, y\" <z@example.org>"));
    CHECK_FALSE(canonical_addresses(""));
    CHECK(canonical_addresses("(") == "");
}
