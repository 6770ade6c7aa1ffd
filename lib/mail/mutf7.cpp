// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 5.1.3: printable ASCII stands for itself, '&' is "&-", everything else is UTF-16 in base64 (with ','
// for '/', unpadded) between '&' and '-'.
#include "mail/mailbox_name.hpp"

#include <array>
#include <cstdint>

namespace hearth::mail {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

bool is_direct(char c) {
    return c >= 0x20 && c <= 0x7e;
}

// Reads one code point of UTF-8 and removes it from `text`; a byte that is none counts as U+FFFD.
std::uint32_t take_point(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    std::uint32_t point = lead < 0x80 ? lead : lead & (0xffU >> (length + 1));
    bool valid = text.size() >= length && (lead < 0x80 || (lead >= 0xc2 && lead <= 0xf4));
    for (std::size_t i = 1; valid && i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        valid = (next & 0xc0) == 0x80;
        point = (point << 6) | (next & 0x3f);
    }
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    valid = valid && point >= smallest[length] && point <= 0x10ffff && !(point >= 0xd800 && point < 0xe000);
    text.remove_prefix(valid ? length : 1);
    return valid ? point : 0xfffd;
}

void append_utf8(std::string& out, std::uint32_t point) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xc0 | point >> 6);
        put(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        put(0xe0 | point >> 12);
        put(0x80 | (point >> 6 & 0x3f));
        put(0x80 | (point & 0x3f));
    } else {
        put(0xf0 | point >> 18);
        put(0x80 | (point >> 12 & 0x3f));
        put(0x80 | (point >> 6 & 0x3f));
        put(0x80 | (point & 0x3f));
    }
}

// Collects 16-bit units and writes them six bits at a time.
class Base64 {
public:
    explicit Base64(std::string& out) : out_(out) {}
    void put(std::uint32_t unit) {
        bits_ = (bits_ << 16) | unit;
        count_ += 16;
        for (; count_ >= 6; count_ -= 6)
            out_ += alphabet[bits_ >> (count_ - 6) & 0x3f];
    }
    void finish() {
        if (count_ > 0) out_ += alphabet[bits_ << (6 - count_) & 0x3f];
    }

private:
    std::string& out_;
    std::uint64_t bits_ = 0;
    int count_ = 0;
};

// Decodes what stands between '&' and '-' to `out`; false when it is not well-formed UTF-16.
bool decode_run(std::string_view run, std::string& out) {
    std::uint64_t bits = 0;
    int count = 0;
    std::uint32_t high = 0;
    for (const char c : run) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) return false;
        bits = (bits << 6) | value;
        count += 6;
        if (count < 16) continue;
        count -= 16;
        const auto unit = static_cast<std::uint32_t>(bits >> count & 0xffff);
        if (unit >= 0xd800 && unit < 0xdc00) {
            if (high != 0) return false;
            high = unit;
        } else if (unit >= 0xdc00 && unit < 0xe000) {
            if (high == 0) return false;
            append_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
            high = 0;
        } else {
            if (high != 0) return false;
            append_utf8(out, unit);
        }
    }
    return high == 0;
}

} // namespace

std::string to_mutf7(std::string_view utf8) {
    std::string out;
    while (!utf8.empty()) {
        if (is_direct(utf8[0])) {
            out += utf8[0];
            if (utf8[0] == '&') out += '-';
            utf8.remove_prefix(1);
            continue;
        }
        out += '&';
        Base64 run(out);
        while (!utf8.empty() && !is_direct(utf8[0])) {
            const auto point = take_point(utf8);
            if (point >= 0x10000) run.put(0xd800 + ((point - 0x10000) >> 10));
            run.put(point >= 0x10000 ? 0xdc00 + ((point - 0x10000) & 0x3ff) : point);
        }
        run.finish();
        out += '-';
    }
    return out;
}

std::optional<std::string> from_mutf7(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_direct(text[i])) return std::nullopt;
        if (text[i] != '&') {
            out += text[i];
            continue;
        }
        const auto end = text.find('-', i);
        if (end == std::string_view::npos) return std::nullopt;
        if (end == i + 1)
            out += '&';
        else if (!decode_run(text.substr(i + 1, end - i - 1), out))
            return std::nullopt;
        i = end;
    }
    // One name has one spelling: what encoding would write differently (ASCII in base64, two runs in a row, stray
    // bits) would be a second name for the same mailbox.
    if (to_mutf7(out) != text) return std::nullopt;
    return out;
}

} // namespace hearth::mail
