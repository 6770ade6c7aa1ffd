// SPDX-License-Identifier: Apache-2.0
// TextScan beside the plain way: the whole decoded text, folded, in memory.
#include "search/text_scan.hpp"
#include "case_folding.hpp"

#include <doctest/doctest.h>
#include <glib.h>
#include <random>

using namespace hearth;
using namespace hearth::imap;

namespace {

std::vector<bool> scanned(const mail::Message& message, const std::vector<Needle>& needles) {
    TextScan scan(message.bytes(), message.structure(), needles);
    std::vector<bool> found;
    for (std::size_t i = 0; i < needles.size(); ++i) {
        while (!scan.found(i))
            scan.step();
        found.push_back(*scan.found(i));
    }
    return found;
}

std::string base64(std::string_view text) {
    auto* encoded = g_base64_encode(reinterpret_cast<const guchar*>(text.data()), text.size());
    std::string lines;
    const std::string_view all(encoded);
    for (std::size_t i = 0; i < all.size(); i += 76)
        lines += std::string(all.substr(i, 76)) + "\r\n";
    g_free(encoded);
    return lines;
}

// Text with words at known places and letters of several bytes, in lines of every length.
std::string long_text(std::mt19937& random, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
        text += random() % 5 == 0 ? "\xc3\xa4\xe2\x82\xac" : "word" + std::to_string(random() % 1000);
        text += random() % 12 == 0 ? "\r\n" : " ";
    }
    return text;
}

} // namespace

TEST_CASE("strings are found in bodies, and those of TEXT in headers of all levels") {
    const auto message = mail::Message::parse(mail::to_crlf(
        "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\nX-Part: hidden\n\nThe "
        "quick fox\n--b\nContent-Type: message/rfc822\n\nSubject: inner\n\ndeep =C3=A4\n--b\nContent-Type: "
        "image/png\n\npixels\n--b--\n"));
    std::vector<Needle> needles;
    for (const auto* word : {"QUICK FOX", "deep", "inner", "gr\xc3\xbc\xc3\x9f", "hidden", "pixels", "nowhere", ""}) {
        needles.push_back({fold_case(word), false});
        needles.push_back({fold_case(word), true});
    }
    CHECK(scanned(*message, needles) ==
          std::vector<bool>{true, true, true, true, false, true, false, true, false, true, false, false, false, false,
              true, true});
}

TEST_CASE("a scan in steps finds what is in the whole text, in every encoding") {
    std::mt19937 random(11);
    for (const auto* encoding : {"8bit", "quoted-printable", "base64", "x-uuencode", "nonsense"}) {
        for (const auto* charset : {"utf-8", "iso-8859-1", "utf-16be", "us-ascii"}) {
            auto body = long_text(random, 300'000);
            if (std::string_view(encoding) == "base64") body = base64(body);
            const auto message = mail::Message::parse("Content-Type: text/plain; charset=" + std::string(charset) +
                                                      "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + body);
            const auto text = fold_case(message->searchable_text(false));
            std::vector<Needle> needles;
            for (int i = 0; i < 20 && text.size() > 100; ++i) {
                const auto at = random() % (text.size() - 60);
                auto piece = text.substr(at, 1 + random() % 40);
                needles.push_back({piece, false});
                needles.push_back({piece + "\x01", false});
            }
            const auto found = scanned(*message, needles);
            for (std::size_t i = 0; i < needles.size(); ++i)
                CHECK_MESSAGE(found[i] == contains(text, needles[i].folded), encoding, " ", charset, " ", i);
        }
    }
}

TEST_CASE("a line without end is cut where it can be") {
    std::string line;
    for (int i = 0; i < 100'000; ++i)
        line += "\xe2\x82\xac";
    const auto with_blanks = "Content-Type: text/plain; charset=utf-8\r\n\r\n" + line + " needle " + line;
    const auto without = "Content-Type: text/plain; charset=utf-8\r\n\r\n" + line + "needle" + line;
    const std::vector<Needle> needles = {{"NEEDLE", false}, {"\xef\xbf\xbd", false}};
    CHECK(scanned(*mail::Message::parse(with_blanks), needles) == std::vector<bool>{true, false});
    CHECK(scanned(*mail::Message::parse(without), needles)[0]);
}
