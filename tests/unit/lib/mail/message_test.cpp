// SPDX-License-Identifier: Apache-2.0
#include "mail/message.hpp"

#include "base/text.hpp"
#include "mail/gobject.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>

using namespace hearth::mail;

namespace {

std::string bytes_of(const Message& message, std::uint64_t begin, std::uint64_t end) {
    return std::string(message.bytes().substr(begin, end - begin));
}

std::optional<std::string> section(const Message& message, std::vector<std::uint32_t> part,
    SectionText text = SectionText::whole, std::vector<std::string> fields = {}) {
    const Section wanted{std::move(part), text, std::move(fields)};
    return message.section(wanted);
}

// What must hold for every tree: offsets in order, children inside their parent and one after another.
void check_part(std::string_view bytes, const Part& part, int depth, int& parts) {
    ++parts;
    REQUIRE(depth <= Limits::depth_max);
    REQUIRE(part.header_begin <= part.body_begin);
    REQUIRE(part.body_begin <= part.end);
    REQUIRE(part.end <= bytes.size());
    REQUIRE_FALSE(part.type.empty());
    const auto body = bytes.substr(part.body_begin, part.end - part.body_begin);
    if (depth == 1 || part.children.empty())
        REQUIRE(part.lines == static_cast<std::uint64_t>(std::count(body.begin(), body.end(), '\n')));
    REQUIRE((part.envelope != nullptr) == part.is_message());
    REQUIRE(part.children.empty() == !(part.is_message() || part.is_multipart()));
    auto at = part.body_begin;
    for (const auto& child : part.children) {
        REQUIRE(child.header_begin >= at);
        REQUIRE(child.end <= part.end);
        check_part(bytes, child, depth + 1, parts);
        at = child.end;
    }
}

std::shared_ptr<const Message> parse_checked(const std::string& text) {
    auto message = Message::parse(text);
    int parts = 0;
    check_part(text, message->structure(), 1, parts);
    CHECK(parts <= 2 * Limits::parts_max);
    CHECK(message->structure().end == text.size());
    CHECK(*section(*message, {}, SectionText::header) + *section(*message, {}, SectionText::text) == text);
    CHECK(section(*message, {}) == text);
    return message;
}

const std::string nested =
    "From: a@b\r\nSubject: outer\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n"
    "preamble\r\n"
    "--outer\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nfirst\r\nlines\r\n\r\n"
    "--outer\r\nContent-Type: message/rfc822\r\nContent-Description: forwarded\r\n\r\n"
    "From: c@d\r\nSubject: inner\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n"
    "--inner\r\n\r\ninner one\r\n"
    "--inner  \r\nContent-Type: text/html\r\nContent-Transfer-Encoding: BASE64\r\n\r\nPGI+aGk8L2I+\r\n"
    "--inner--\r\nepilogue of inner\r\n"
    "--outer\r\nContent-Type: image/png; name=x.png\r\nContent-Disposition: attachment; filename*0=lo; "
    "filename*1=ng.png\r\n"
    "Content-ID: <1@x>\r\nContent-MD5: abc\r\nContent-Language: de, en\r\nContent-Location: http://x/\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    "--outer--\r\nepilogue\r\n";

std::string generic_tree(const Part& part, std::string_view bytes) {
    std::string text = hearth::to_lower(part.type + "/" + part.subtype);
    if (part.children.empty())
        return text + "=" + std::string(bytes.substr(part.body_begin, part.end - part.body_begin));
    text += "[";
    for (const auto& child : part.children)
        text += generic_tree(child, bytes) + ";";
    return text + "]";
}

std::string gmime_tree(GMimeObject* object) {
    auto* type = g_mime_object_get_content_type(object);
    std::string text = hearth::to_lower(
        std::string(g_mime_content_type_get_media_type(type)) + "/" + g_mime_content_type_get_media_subtype(type));
    if (GMIME_IS_MULTIPART(object)) {
        text += "[";
        for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(object)); ++i)
            text += gmime_tree(g_mime_multipart_get_part(GMIME_MULTIPART(object), i)) + ";";
        return text + "]";
    }
    if (GMIME_IS_MESSAGE_PART(object))
        return text + "[" +
               gmime_tree(g_mime_message_get_mime_part(g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)))) +
               ";]";
    auto* content = g_mime_part_get_content(GMIME_PART(object));
    auto* stream = g_mime_data_wrapper_get_stream(content);
    g_mime_stream_reset(stream);
    std::string body(static_cast<std::size_t>(g_mime_stream_length(stream)), '\0');
    g_mime_stream_read(stream, body.data(), body.size());
    return text + "=" + body;
}

std::string gmime_tree_of(const std::string& text) {
    ensure_gmime();
    const GObjectPtr<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
    const GObjectPtr<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
    const GObjectPtr<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
    REQUIRE(message);
    return gmime_tree(g_mime_message_get_mime_part(message.get()));
}

} // namespace

TEST_CASE("a plain message is one part") {
    const auto message = parse_checked("Subject: x\r\n\r\nhello\r\nworld\r\n");
    const auto& root = message->structure();
    CHECK(root.type == "TEXT");
    CHECK(root.subtype == "PLAIN");
    CHECK(root.parameters == Parameters{{"charset", "us-ascii"}});
    CHECK(root.encoding == "7BIT");
    CHECK(root.lines == 2);
    CHECK(section(*message, {1}) == "hello\r\nworld\r\n");
    CHECK(section(*message, {1}, SectionText::mime) == "Subject: x\r\n\r\n");
    CHECK_FALSE(section(*message, {2}));
    CHECK_FALSE(section(*message, {1, 1}));
    CHECK_FALSE(section(*message, {0}));
    CHECK_FALSE(section(*message, {1}, SectionText::header));
    CHECK_FALSE(section(*message, {}, SectionText::mime));
}

TEST_CASE("nested parts have their exact bytes and numbers") {
    const auto message = parse_checked(nested);
    const auto& root = message->structure();
    REQUIRE(root.children.size() == 3);
    CHECK(section(*message, {1}) == "first\r\nlines\r\n");
    CHECK(root.children[0].lines == 2);
    CHECK(section(*message, {1}, SectionText::mime) == "Content-Type: text/plain; charset=utf-8\r\n\r\n");
    const auto& forwarded = root.children[1];
    REQUIRE(forwarded.is_message());
    CHECK(forwarded.envelope->subject == "inner");
    CHECK(forwarded.description == "forwarded");
    CHECK(section(*message, {2}, SectionText::header) ==
          "From: c@d\r\nSubject: inner\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n");
    CHECK(*section(*message, {2}) ==
          *section(*message, {2}, SectionText::header) + *section(*message, {2}, SectionText::text));
    CHECK(section(*message, {2}, SectionText::header_fields, {"SUBJECT"}) == "Subject: inner\r\n\r\n");
    CHECK(section(*message, {2, 1}) == "inner one");
    CHECK(section(*message, {2, 1}, SectionText::mime) == "\r\n");
    CHECK(section(*message, {2, 2}) == "PGI+aGk8L2I+");
    CHECK(section(*message, {2, 2}, SectionText::mime) ==
          "Content-Type: text/html\r\nContent-Transfer-Encoding: BASE64\r\n\r\n");
    CHECK_FALSE(section(*message, {2, 3}));
    CHECK_FALSE(section(*message, {1}, SectionText::text));
    CHECK_FALSE(section(*message, {4}));
    CHECK(section(*message, {3}) == "AAAA");
}

TEST_CASE("all facts of BODYSTRUCTURE are read") {
    const auto message = parse_checked(nested);
    const auto& image = message->structure().children[2];
    CHECK(image.type == "image");
    CHECK(image.subtype == "png");
    CHECK(image.parameters == Parameters{{"name", "x.png"}});
    CHECK(image.id == "<1@x>");
    CHECK(image.md5 == "abc");
    CHECK(image.location == "http://x/");
    CHECK(image.encoding == "base64");
    CHECK(image.languages == std::vector<std::string>{"de", "en"});
    REQUIRE(image.disposition);
    CHECK(image.disposition->first == "attachment");
    CHECK(image.disposition->second == Parameters{{"filename", "long.png"}});
}

TEST_CASE("header fields are chosen by name in any case, folding kept, empty line added") {
    const auto message = parse_checked("A: 1\r\nB: 2\r\n more\r\na: 3\r\nC: 4\r\n\r\nx");
    CHECK(section(*message, {}, SectionText::header_fields, {"a", "b"}) == "A: 1\r\nB: 2\r\n more\r\na: 3\r\n\r\n");
    CHECK(section(*message, {}, SectionText::header_fields_not, {"A", "B"}) == "C: 4\r\n\r\n");
    CHECK(section(*message, {}, SectionText::header_fields, {"nope"}) == "\r\n");
    const auto unfinished = parse_checked("A: 1\r\nB: 2");
    CHECK(section(*unfinished, {}, SectionText::header_fields, {"b"}) == "B: 2\r\n\r\n");
}

TEST_CASE("header gives the first field, decoded on request") {
    const auto message =
        parse_checked("Subject: =?utf-8?q?J=C3=B6rg?=\r\n =?iso-8859-1?q?_=FC?=\r\nsubject: two\r\n\r\n");
    CHECK(message->header("subject") == "=?utf-8?q?J=C3=B6rg?= =?iso-8859-1?q?_=FC?=");
    CHECK(message->header("SUBJECT", true) == "J\xc3\xb6rg \xc3\xbc");
    CHECK_FALSE(message->header("to"));
}

TEST_CASE("a message that consists of nothing, or of a header only, has a tree") {
    CHECK(parse_checked("")->structure().lines == 0);
    parse_checked("\r\n");
    parse_checked("\n");
    parse_checked("no colon here");
    parse_checked("A: b");
    parse_checked(std::string("\0\0\r\n\r\n\0", 7));
}

TEST_CASE("a top-level message/rfc822 is its own part 1") {
    const auto message = parse_checked("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody");
    CHECK(section(*message, {1}) == "Subject: in\r\n\r\nbody");
    CHECK(section(*message, {1}, SectionText::header) == "Subject: in\r\n\r\n");
    CHECK(section(*message, {1}, SectionText::text) == "body");
    CHECK(section(*message, {1, 1}) == "body");
    CHECK_FALSE(section(*message, {1, 2}));
}

TEST_CASE("parts of a digest are messages unless they say otherwise") {
    const auto message =
        parse_checked("Content-Type: multipart/digest; boundary=b\r\n\r\n"
                      "--b\r\n\r\nSubject: one\r\n\r\n1\r\n--b\r\nContent-Type: text/plain\r\n\r\n2\r\n--b--\r\n");
    REQUIRE(message->structure().children.size() == 2);
    CHECK(message->structure().children[0].is_message());
    CHECK(message->structure().children[0].envelope->subject == "one");
    CHECK_FALSE(message->structure().children[1].is_message());
}

TEST_CASE("a multipart without boundary parameter is text; without boundary line its body is its only part") {
    CHECK(parse_checked("Content-Type: multipart/mixed\r\n\r\nx")->structure().type == "TEXT");
    const auto message = parse_checked("Content-Type: multipart/mixed; boundary=q\r\n\r\nhidden text\r\n");
    REQUIRE(message->structure().is_multipart());
    CHECK(section(*message, {1}) == "hidden text\r\n");
}

TEST_CASE("a missing end boundary closes at the end, an outer boundary closes the inner multipart") {
    const auto open_ended = parse_checked("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nrest\r\n");
    CHECK(section(*open_ended, {1}) == "rest\r\n");
    const auto cut =
        parse_checked("Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
                      "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nin\r\n--o\r\n\r\nout\r\n--o--\r\n");
    REQUIRE(cut->structure().children.size() == 2);
    CHECK(section(*cut, {1, 1}) == "in");
    CHECK(section(*cut, {2}) == "out");
}

TEST_CASE("a boundary that begins like another is not mistaken for it") {
    const auto message =
        parse_checked("Content-Type: multipart/mixed; boundary=ab\r\n\r\n--ab\r\n\r\n--abc\r\nx--ab\r\n--ab--\r\n");
    REQUIRE(message->structure().children.size() == 1);
    CHECK(section(*message, {1}) == "--abc\r\nx--ab");
}

TEST_CASE("types that are broken or missing are text/plain; encoded messages are opaque") {
    for (const auto* type : {"", "text", "/", "a/", "/b", "a b/c", "???", "te\x01xt/plain"}) {
        const auto message = parse_checked("Content-Type: " + std::string(type) + "\r\n\r\nx");
        CHECK_MESSAGE(message->structure().type == "TEXT", type);
        CHECK(message->structure().subtype == "PLAIN");
    }
    const auto encoded = parse_checked("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\neA==");
    CHECK(encoded->structure().type == "APPLICATION");
    CHECK(encoded->structure().children.empty());
}

TEST_CASE("searchable text is decoded from transfer encodings and charsets") {
    const auto message = parse_checked(
        "Subject: =?iso-8859-1?q?gr=FC=DFe?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
        "quoted-printable\r\n\r\nk=E4se=\r\n brot\r\n"
        "--b\r\nContent-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: base64\r\n\r\n8NLJ18XU\r\n"
        "--b\r\nContent-Type: application/pdf\r\n\r\nunseen\r\n--b--\r\n");
    const auto body = message->searchable_text(false);
    CHECK(body.find("k\xc3\xa4se brot") != std::string::npos);
    CHECK(body.find("\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82") != std::string::npos);
    CHECK(body.find("unseen") == std::string::npos);
    CHECK(body.find("gr\xc3\xbc\xc3\x9f") == std::string::npos);
    CHECK(message->searchable_text(true).find("Subject: gr\xc3\xbc\xc3\x9f"
                                              "e\n") != std::string::npos);
}

TEST_CASE("text in wrong or unknown charsets is still searched") {
    const auto wrong = parse_checked("Content-Type: text/plain; charset=utf-8\r\n\r\nab\xff"
                                     "cd");
    CHECK(wrong->searchable_text(false) == "ab\xef\xbf\xbd"
                                           "cd\n");
    const auto unknown = parse_checked("Content-Type: text/plain; charset=x-martian\r\n\r\nab\xff"
                                       "cd");
    CHECK(unknown->searchable_text(false) == "ab\xef\xbf\xbd"
                                             "cd\n");
    const auto torn = parse_checked("Content-Type: text/plain; charset=euc-jp\r\n\r\nab\xa4");
    CHECK(torn->searchable_text(false) == "ab\xef\xbf\xbd\n");
    const auto bad = parse_checked("Content-Type: text/plain; charset=euc-jp\r\n\r\na\xff"
                                   "b");
    CHECK(bad->searchable_text(false) == "a\xef\xbf\xbd"
                                         "b\n");
}

TEST_CASE("our tree is GMime's on ordinary mail") {
    const std::array<std::string, 5> samples{nested, "Subject: x\r\nContent-Type: text/plain\r\n\r\nhello\r\n",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
        "text/plain\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\ntwo\r\n\r\n--b--\r\n",
        "Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\n--a b\r\nContent-Type: text/plain\r\n\r\n\r\n--a "
        "b\r\nContent-Type: message/rfc822\r\n\r\nSubject: q\r\nContent-Type: text/plain\r\n\r\ninner\r\n\r\n--a "
        "b--\r\n",
        "Content-Type: multipart/a; boundary=1\r\n\r\n--1\r\nContent-Type: multipart/b; "
        "boundary=2\r\n\r\n--2\r\nContent-Type: text/x\r\n\r\nx\r\n--2--\r\n--1\r\nContent-Type: "
        "text/y\r\n\r\ny\r\n--1--\r\n"};
    for (const auto& sample : samples) {
        const auto message = parse_checked(sample);
        CHECK(generic_tree(message->structure(), sample) == gmime_tree_of(sample));
    }
}

TEST_CASE("nesting stops at the limit, multiparts and messages alike") {
    std::string parts, messages;
    for (int i = 0; i < 1000; ++i) {
        const auto boundary = "b" + std::to_string(i);
        parts += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
        messages += "Content-Type: message/rfc822\r\n\r\n";
    }
    parse_checked(parts);
    const auto message = parse_checked(messages);
    int depth = 1;
    for (const auto* part = &message->structure(); part->is_message(); part = &part->children.front())
        ++depth;
    CHECK(depth == Limits::depth_max);
}

TEST_CASE("the number of parts stops at the limit, and what follows belongs to no part") {
    std::string text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 50000; ++i)
        text += "--b\r\n\r\n";
    CHECK(parse_checked(text)->structure().children.size() == Limits::parts_max - 1);
}

TEST_CASE("hostile shapes are parsed to an end") {
    const auto repeat = [](std::string_view unit, int times) {
        std::string text;
        for (int i = 0; i < times; ++i)
            text += unit;
        return text;
    };
    parse_checked("Content-Type: text/plain" + repeat("; a*0=x", 50000) + "\r\n\r\n");
    parse_checked("Content-Type: text/plain" + repeat("; a=\"\\", 50000) + "\r\n\r\n");
    parse_checked(repeat("Content-Type: text/plain\r\n", 50000) + "\r\n");
    parse_checked("X: " + repeat("a\r\n ", 300000) + "\r\n\r\n");
    parse_checked(repeat("X: y\r\n", 300000) + "\r\nbody");
    parse_checked(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--", 500000) + repeat("--\r\n", 200000));
    std::string same = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
    parse_checked(repeat(same, 300) + repeat("--b--\r\n", 300));
}

TEST_CASE("sections of random MIME soup never overlap or leave the message") {
    const std::array<std::string, 12> pieces{"--a\r\n", "--b\r\n", "--a--\r\n", "--b--\r\n", "\r\n", "text\r\n",
        "Content-Type: multipart/mixed; boundary=a\r\n", "Content-Type: multipart/digest; boundary=b\r\n",
        "Content-Type: message/rfc822\r\n", "Subject: s\r\n", "\n", "--a"};
    std::mt19937 random(7);
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (unsigned i = 0, count = static_cast<unsigned>(random() % 40); i < count; ++i)
            text += pieces[random() % pieces.size()];
        parse_checked(text);
    }
}

TEST_CASE("line ends become CRLF once") {
    CHECK(to_crlf("a\nb\r\nc\rd\n\n") == "a\r\nb\r\nc\rd\r\n\r\n");
    CHECK(to_crlf("") == "");
    CHECK(to_crlf("\n") == "\r\n");
    CHECK(to_crlf("x") == "x");
    CHECK(to_crlf(to_crlf("a\n\nb")) == to_crlf("a\n\nb"));
}

TEST_CASE("part offsets name the part's own bytes") {
    const auto message = parse_checked(nested);
    const auto& image = message->structure().children[2];
    CHECK(bytes_of(*message, image.body_begin, image.end) == "AAAA");
}
