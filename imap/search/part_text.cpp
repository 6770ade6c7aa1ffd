// SPDX-License-Identifier: Apache-2.0
#include "search/part_text.hpp"

#include "base/text.hpp"
#include "mail/transfer_decoding.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

/// A line beyond this is cut where it happens to end.
constexpr std::size_t line_bytes_max = 64 * 1024;

std::string charset_of(const mail::Part& part) {
    for (const auto& [name, value] : part.parameters)
        if (equal_ignoring_case(name, "charset")) return value;
    return {};
}

// Charsets in which the byte "\n" may be half of another character, or which keep a state over lines.
bool has_plain_lines(std::string_view charset) {
    const auto lower = to_lower(charset);
    for (const std::string_view odd : {"utf-16", "utf16", "utf-32", "utf32", "ucs", "utf-7", "utf7", "unicode", "ibm", "cp",
             "iso-10646", "iso_10646", "ebcdic", "utf-ebcdic"})
        if (lower.find(odd) != std::string::npos) return false;
    return true;
}

enum class Encoding { plain, base64, other };

Encoding kind_of(std::string_view encoding) {
    if (equal_ignoring_case(encoding, "base64")) return Encoding::base64;
    for (const std::string_view rare : {"uuencode", "x-uuencode", "x-uue"})
        if (equal_ignoring_case(encoding, rare)) return Encoding::other;
    return Encoding::plain; // quoted-printable too: its lines end where ours do
}

bool is_base64_digit(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

// Where whole groups of four end, at or after `bytes`. A "=" ends the groups as we know them: then nothing is cut.
std::size_t base64_cut(std::string_view text, std::size_t bytes) {
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '=') return text.size();
        if (is_base64_digit(text[i]) && ++digits % 4 == 0 && i + 1 >= bytes) return i + 1;
    }
    return text.size();
}

// After a line's end at or after `bytes`.
std::size_t line_cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text.size();
    const auto feed = text.substr(0, bytes + line_bytes_max).find('\n', bytes);
    return feed == std::string_view::npos ? std::min(text.size(), bytes + line_bytes_max) : feed + 1;
}

// How much of `decoded`, of which there is more to come, can go through its charset: whole lines, of a long line whole
// words (no charset with plain lines has a blank within a character), and if need be whole characters of UTF-8.
std::size_t whole_characters(std::string_view decoded) {
    const auto feed = decoded.rfind('\n');
    if (feed != std::string_view::npos) return feed + 1;
    if (decoded.size() < line_bytes_max) return 0;
    const auto blank = decoded.rfind(' ');
    if (blank != std::string_view::npos) return blank + 1;
    for (std::size_t back = 1; back <= 4 && back < decoded.size(); ++back) {
        const auto byte = static_cast<unsigned char>(decoded[decoded.size() - back]);
        if (byte >= 0xc0) return decoded.size() - back; // where the last character begins
        if (byte < 0x80) break;
    }
    return decoded.size();
}

} // namespace

bool has_text(const mail::Part& part) {
    return part.children.empty() && (equal_ignoring_case(part.type, "text") || equal_ignoring_case(part.type, "message"));
}

PartText::PartText(std::string_view body, const mail::Part& part)
    : rest_(body),
      encoding_(part.encoding),
      charset_(charset_of(part)),
      whole_(!has_plain_lines(charset_) || kind_of(encoding_) == Encoding::other) {}

std::string_view PartText::take_encoded(std::size_t bytes) {
    auto cut = rest_.size();
    if (!whole_) cut = kind_of(encoding_) == Encoding::base64 ? base64_cut(rest_, bytes) : line_cut(rest_, bytes);
    const auto taken = rest_.substr(0, cut);
    rest_.remove_prefix(cut);
    return taken;
}

std::optional<std::string> PartText::next(std::size_t bytes) {
    if (rest_.empty() && pending_.empty()) return std::nullopt;
    pending_ += mail::decode_transfer(take_encoded(bytes), encoding_);
    const auto end = rest_.empty() ? pending_.size() : whole_characters(pending_);
    auto text = mail::decode_charset(std::string_view(pending_).substr(0, end), charset_);
    pending_.erase(0, end);
    return text;
}

} // namespace hearth::imap
