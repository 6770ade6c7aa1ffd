// link: hearth_mail
// SPDX-License-Identifier: Apache-2.0
#include "base/ensure.hpp"
#include "mail/html_text.hpp"
#include "mail/preview.hpp"
#include "mail/summary.hpp"

namespace {

using namespace hearth::mail;

// With its check sum, so that damage behind it is tried too.
std::string sealed(std::string bytes) {
    std::uint32_t sum = 2166136261U;
    for (const char c : bytes)
        sum = (sum ^ static_cast<unsigned char>(c)) * 16777619U;
    for (int i = 0; i < 4; ++i)
        bytes += static_cast<char>(sum >> (8 * i));
    return bytes;
}

void check_same(const Summary& summary) {
    const auto bytes = encode(summary);
    const auto again = decode_summary(bytes);
    hearth::ensure(again && encode(*again) == bytes, "what we write we read again");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(html_text(text));
    if (const auto summary = decode_summary(text)) check_same(*summary);
    if (const auto summary = decode_summary(sealed(text))) check_same(*summary);
    const auto message = Message::parse(to_crlf(text));
    const auto summary = make_summary(*message);
    if (!summary) return 0;
    check_same(*summary);
    hearth::ensure(summary->preview.size() <= 4 * preview_characters_max, "a preview is short");
    const std::vector<std::string> fields{"Subject", "FROM", "x-none", "references"};
    const Section section{{}, SectionText::header_fields, fields};
    hearth::ensure(header_fields(*summary, fields) == *message->section(section), "the same fields");
    // And one damaged byte behind the seal.
    auto damaged = encode(*summary);
    damaged.resize(damaged.size() - 4);
    if (size > 0) damaged[data[0] * damaged.size() / 256] = static_cast<char>(data[size - 1]);
    if (const auto odd = decode_summary(sealed(damaged))) check_same(*odd);
    return 0;
}
