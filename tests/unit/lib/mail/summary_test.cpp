// SPDX-License-Identifier: Apache-2.0
#include "mail/summary.hpp"

#include "mail/html_text.hpp"
#include "mail/preview.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace hearth::mail;

namespace {

Summary summary_of(const std::string& text) {
    auto summary = make_summary(*Message::parse(to_crlf(text)));
    REQUIRE(summary.has_value());
    return std::move(*summary);
}

std::string preview_of(const std::string& text) {
    return preview(*Message::parse(to_crlf(text)));
}

bool same(const Part& a, const Part& b) {
    const bool same_envelope = !a.envelope == !b.envelope && (!a.envelope || *a.envelope == *b.envelope);
    return same_envelope && a.type == b.type && a.subtype == b.subtype && a.parameters == b.parameters &&
           a.id == b.id && a.description == b.description && a.md5 == b.md5 && a.location == b.location &&
           a.encoding == b.encoding && a.disposition == b.disposition && a.languages == b.languages &&
           a.header_begin == b.header_begin && a.body_begin == b.body_begin && a.end == b.end && a.lines == b.lines &&
           std::equal(a.children.begin(), a.children.end(), b.children.begin(), b.children.end(), same);
}

const std::string nested = "From: Jo <jo@example.com>, b@example.com\n"
                           "To: group: a@example.com, c@example.com;\n"
                           "Subject: Re: a\n  folded subject\n"
                           "Received: from x\n by y\n"
                           "Message-ID: <1@example.com>\n"
                           "References: <0@example.com>\n"
                           " <00@example.com>\n"
                           "Content-Type: multipart/mixed; boundary=x; charset*0=\"a\"; charset*1=\"b\"\n"
                           "Content-Language: de, en\n"
                           "\n"
                           "preamble\n"
                           "--x\n"
                           "Content-Type: text/plain; charset=iso-8859-1\n"
                           "Content-Transfer-Encoding: quoted-printable\n"
                           "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\n"
                           "\n"
                           "Gr=FC=DFe\n"
                           "--x\n"
                           "Content-Type: message/rfc822\n"
                           "Content-Disposition: attachment; filename=\"m.eml\"\n"
                           "\n"
                           "Subject: inner\n"
                           "From: inner@example.com\n"
                           "\n"
                           "inner body\n"
                           "--x--\n"
                           "epilogue\n";

} // namespace

TEST_CASE("a summary is what the message says, and survives the index") {
    const auto message = Message::parse(to_crlf(nested));
    const auto summary = make_summary(*message);
    REQUIRE(summary.has_value());
    CHECK(summary->envelope == message->envelope());
    CHECK(same(summary->structure, message->structure()));
    CHECK(summary->size == message->bytes().size());
    CHECK(summary->preview == "Gr\xc3\xbc\xc3\x9f"
                              "e");
    CHECK(summary->headers.find("Received") == std::string::npos);
    CHECK(summary->headers.find("folded subject\r\n") != std::string::npos);
    const auto again = decode_summary(encode(*summary));
    REQUIRE(again.has_value());
    CHECK(again->envelope == summary->envelope);
    CHECK(same(again->structure, summary->structure));
    CHECK(again->headers == summary->headers);
    CHECK(again->preview == summary->preview);
    CHECK(again->size == summary->size);
}

TEST_CASE("fields from a summary are byte for byte those of the message, whatever the header") {
    std::mt19937 random(23);
    const std::string_view pieces[] = {"Subject", "subject", "From", "to", "X-Other", "Received", "References", ": ",
        ":", " :", "\r\n", "\r\n", "\r\n ", "\r\n\t", "a", "\r", "\n", " ", "=?utf-8?q?x?=", "MIME-Version", "\0"};
    const std::vector<std::vector<std::string>> questions = {
        {"SUBJECT"}, {"From", "To"}, {"References", "Subject", "X-Priority"}, {"mime-version"}, {}};
    for (int round = 0; round < 5000; ++round) {
        std::string text;
        for (auto count = random() % 25; count > 0; --count)
            text += pieces[random() % std::size(pieces)];
        if (random() % 2 == 0) text += "\r\n\r\nbody\r\n";
        const auto message = Message::parse(to_crlf(text));
        const auto summary = make_summary(*message);
        REQUIRE(summary.has_value());
        const auto again = decode_summary(encode(*summary));
        REQUIRE(again.has_value());
        for (const auto& fields : questions) {
            const Section section{{}, SectionText::header_fields, fields};
            CHECK(header_fields(*again, fields) == *message->section(section));
        }
    }
}

TEST_CASE("fields that lists ask for are kept, in any case, others aren't") {
    for (const auto* name : {"From", "SUBJECT", "x-priority", "List-Unsubscribe", "DKIM-Signature", "X-TUID"})
        CHECK_MESSAGE(is_kept_field(name), name);
    for (const auto* name : {"", "Received", "X-Other", "Fro", "From ", "Subject:"})
        CHECK_FALSE_MESSAGE(is_kept_field(name), name);
}

TEST_CASE("a message that is too odd has no summary") {
    CHECK_FALSE(make_summary(*Message::parse("To: " + std::string(40000, 'x') + "\r\n\r\n")).has_value());
    std::string many = "Content-Type: multipart/mixed; boundary=x\r\n\r\n";
    for (int i = 0; i < 5000; ++i)
        many += "--x\r\n\r\na\r\n";
    CHECK_FALSE(make_summary(*Message::parse(many)).has_value());
}

TEST_CASE("bytes that are no summary give nothing") {
    const auto bytes = encode(summary_of(nested));
    REQUIRE(decode_summary(bytes).has_value());
    CHECK_FALSE(decode_summary("").has_value());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        CHECK_FALSE(decode_summary(std::string_view(bytes).substr(0, i)).has_value());
        for (const int bit : {1, 16, 128}) {
            auto damaged = bytes;
            damaged[i] = static_cast<char>(damaged[i] ^ bit);
            CHECK_FALSE(decode_summary(damaged).has_value());
        }
    }
    CHECK_FALSE(decode_summary(bytes + "x").has_value());
}

TEST_CASE("a preview is the beginning of the text on one line") {
    CHECK(preview_of("Subject: x\n\n  Hello,\n\n\tworld \n") == "Hello, world");
    CHECK(preview_of("\n> quoted\nown\n> more\n") == "own");
    CHECK(preview_of("\n> only quoted\n") == "> only quoted");
    CHECK(preview_of("Subject: x\n").empty());
    CHECK(preview_of("Content-Type: image/png\n\nxx\n").empty());
    CHECK(preview_of("Content-Disposition: attachment\n\nxx\n").empty());
    CHECK(preview_of("Content-Transfer-Encoding: base64\n\nSGVsbG8=\n") == "Hello");
    CHECK(preview_of("Content-Type: text/plain; charset=no-such\n\na\xff"
                     "b\n") == "a\xef\xbf\xbd"
                               "b");
    CHECK(preview_of("\na\xe2\x80\x8b"
                     "b\xc2\xa0\xc2\xa0"
                     "c\x01"
                     "d\n") == "ab c d");
}

TEST_CASE("a preview has at most 200 characters, whole ones") {
    std::string text = "Content-Type: text/plain; charset=utf-8\n\n";
    for (int i = 0; i < 30000; ++i)
        text += "\xe2\x82\xac";
    std::string wanted;
    for (int i = 0; i < 200; ++i)
        wanted += "\xe2\x82\xac";
    CHECK(preview_of(text) == wanted);
    CHECK(preview_of("\n" + std::string(199, 'a') + " b c\n") == std::string(199, 'a'));
    CHECK(preview_of("\n" + std::string(198, 'a') + " b c\n") == std::string(198, 'a') + " b");
}

TEST_CASE("of alternatives the plain one is shown, else HTML without its tags") {
    const std::string start = "Content-Type: multipart/alternative; boundary=x\n\n";
    const std::string html = "--x\nContent-Type: text/html\n\n<html><head><style>p { color: red }</style></head>"
                             "<body><!-- no --><p>Hi&nbsp;<b>Jo</b>&amp;Co,</p><div>5 &lt; 6 &euro;</div></body>\n";
    const std::string plain = "--x\nContent-Type: text/plain\n\nplain text\n";
    CHECK(preview_of(start + html + plain + "--x--\n") == "plain text");
    CHECK(preview_of(start + html + "--x--\n") == "Hi Jo&Co, 5 < 6 \xe2\x82\xac");
}

TEST_CASE("HTML of any kind becomes text in linear time") {
    CHECK(html_text("a <b") == "a ");
    CHECK(html_text("a < b & c &bogus; &#0; &#x41;") == "a < b & c &bogus; &#0; A");
    CHECK(html_text("x<script>if (a < b) {</script>y") == "x\n\ny");
    CHECK(html_text("x<style>never closed") == "x\n");
    std::string opened, references;
    for (int i = 0; i < 200000; ++i) {
        opened += "<style></x";
        references += "&";
    }
    CHECK(html_text(opened) == "\n");
    CHECK(html_text(references).size() == references.size());
}
