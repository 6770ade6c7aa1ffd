// SPDX-License-Identifier: Apache-2.0
#include "mail/digest.hpp"
#include "mail/message.hpp"
#include "mail/sort_keys.hpp"
#include "mail/summary.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace hearth::mail;

namespace {

std::string digest_of(std::string_view text) {
    const auto message = Message::parse(to_crlf(text));
    return make_digest(*make_summary(*message));
}

} // namespace

TEST_CASE("a digest has what is compared, decoded and folded") {
    const auto bytes = digest_of("From: =?utf-8?q?J=C3=BCrgen?= <jg@example.org>\nTo: a@b, c@d\nSubject: Re: Caf\xc3\xa9\n"
                                 "Date: Mon, 7 Feb 1994 21:52:25 -0800\nMessage-ID: <1@x>\nReferences: <2@x>\n <3@x>\n"
                                 "In-Reply-To: <4@x>\n\nbody\n");
    const auto digest = read_digest(bytes);
    REQUIRE(digest);
    CHECK(digest->values[0] == "RE: CAFE\xcc\x81\n");
    CHECK(digest->values[1] == "JU\xcc\x88RGEN <JG@EXAMPLE.ORG>\n");
    CHECK(digest->values[2] == "A@B, C@D\n");
    CHECK(digest->values[3].empty());
    CHECK(digest->subject == "CAFE\xcc\x81");
    CHECK(digest->is_reply);
    CHECK(digest->sent == 760686745);
    CHECK(digest->date == "Mon, 7 Feb 1994 21:52:25 -0800");
    CHECK(digest->from == "JG");
    CHECK(digest->to == "A");
    CHECK(digest->display_from == "JU\xcc\x88RGEN");
    CHECK(digest->id.size() == Digest::id_bytes);
    CHECK(digest->references.size() == 2 * Digest::id_bytes);
    CHECK(read_parts(*digest)->encoding == "8bit");
}

TEST_CASE("an address with a comment is found without it") {
    const auto bytes = digest_of("From: <jane (the\n elder)@ (at) example.org>\nSubject: a (b) c\n\n");
    const auto digest = read_digest(bytes);
    CHECK(digest->values[0] == "A (B) C\n");
    CHECK(digest->values[1] == "<JANE (THE ELDER)@ (AT) EXAMPLE.ORG>\n<JANE@EXAMPLE.ORG>\n");
}

TEST_CASE("ids are the same in a message and in its answers, and of In-Reply-To the first counts alone") {
    const auto first = digest_of("Message-ID: <1@x>\n\n"), answer = digest_of("In-Reply-To: <1@x> <2@x>\n\n");
    CHECK(read_digest(first)->id == read_digest(answer)->references);
    CHECK(read_digest(answer)->id.empty());
}

TEST_CASE("repeated fields and empty ones are told apart") {
    const auto bytes = digest_of("Subject: one\nSubject:\nCc:\n\n");
    const auto digest = read_digest(bytes);
    CHECK(digest->values[0] == "ONE\n\n");
    CHECK(digest->values[3] == "\n");
    CHECK(digest->values[4].empty());
}

TEST_CASE("a message without date has none, and one before 1970 keeps its own") {
    CHECK_FALSE(read_digest(digest_of("a: b\n\n"))->sent);
    const std::string_view date = "Wed, 1 Jan 1969 00:00:00 +0000";
    const auto bytes = digest_of("Date: " + std::string(date) + "\n\n");
    CHECK(sent_date(date)->count() < 0);
    CHECK(read_digest(bytes)->sent == sent_date(date)->count());
}

TEST_CASE("where text lies and how it is stored is known, as far as it is UTF-8 and of a common kind") {
    const auto parts = [](std::string_view text) { return read_parts(*read_digest(digest_of(text))); };
    const auto single = [&](std::string_view header) { return parts(std::string(header) + "\n\nx\n"); };
    CHECK(single("Content-Type: text/html; charset=UTF-8\nContent-Transfer-Encoding: base64")->encoding == "base64");
    CHECK(single("Content-Transfer-Encoding: quoted-printable")->encoding == "quoted-printable");
    CHECK(single("Content-Transfer-Encoding: 8bit")->type == "text");
    CHECK(single("Content-Type: image/png")->type.empty());
    CHECK_FALSE(single("Content-Type: text/plain; charset=iso-8859-1"));
    CHECK_FALSE(single("Content-Transfer-Encoding: uuencode"));
    const auto tree = parts("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nfirst\n--x\nContent-Type: image/png\n"
                            "\nsecond\n--x--\n");
    REQUIRE(tree);
    CHECK(tree->type.empty());
    REQUIRE(tree->children.size() == 2);
    CHECK(tree->children[0].type == "text");
    CHECK(tree->children[1].type.empty());
    CHECK(tree->children[1].body_begin > tree->children[1].header_begin);
    std::string many = "Content-Type: multipart/mixed; boundary=x\n\n";
    for (std::size_t i = 0; i <= digest_parts_max; ++i)
        many += "--x\n\npart\n";
    CHECK_FALSE(parts(many + "--x--\n"));
}

TEST_CASE("no damage of a digest goes unseen, and none makes reading it reach beyond its bytes") {
    const auto bytes = digest_of("Subject: one\nFrom: a@b\nMessage-ID: <1@x>\nReferences: <2@x>\n\nbody\n");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        auto damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        CHECK_FALSE(read_digest(damaged));
        static_cast<void>(read_known_digest(damaged));
        CHECK_FALSE(read_digest(std::string_view(bytes).substr(0, at)));
        const std::unique_ptr<char[]> exact(new char[at + 1]);
        bytes.copy(exact.get(), at);
        static_cast<void>(read_known_digest({exact.get(), at}));
    }
}
