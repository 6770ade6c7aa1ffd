// SPDX-License-Identifier: Apache-2.0
#include "mail/full_text.hpp"

#include "base/text.hpp"
#include "mail/header_fields.hpp"
#include "mail/html_text.hpp"
#include "mail/searchable_text.hpp"

#include <algorithm>
#include <glib.h>
#include <iterator>

namespace hearth::mail {
namespace {

// Of an encoded text this many times the bytes are read that may be kept: quoted-printable and tags make it longer.
constexpr std::size_t source_factor = 4;

struct CodeRange {
    gunichar first, last;
};

// Scripts that write words without blanks between them, ascending.
constexpr CodeRange unspaced[] = {
    {0x0e00, 0x0eff},   // Thai, Lao
    {0x1000, 0x109f},   // Myanmar
    {0x1780, 0x17ff},   // Khmer
    {0x2e80, 0x2fdf},   // radicals
    {0x3005, 0x3007},   // iteration marks
    {0x3040, 0x312f},   // kana, bopomofo
    {0x31f0, 0x31ff},   // kana
    {0x3400, 0x4dbf},   // Han
    {0x4e00, 0x9fff},   // Han
    {0xf900, 0xfaff},   // Han
    {0xff66, 0xff9f},   // kana of half width
    {0x20000, 0x323af}, // Han
};

bool is_unspaced(gunichar c) {
    if (c < unspaced[0].first) return false;
    return std::any_of(std::begin(unspaced), std::end(unspaced),
        [c](const CodeRange& range) { return c >= range.first && c <= range.last; });
}

bool is_control(gunichar c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

// Base64 by the kilobyte that nobody looks for.
bool is_noise(std::string_view field) {
    const auto name = to_lower(field);
    return name.ends_with("dkim-signature") || name == "domainkey-signature" || name.starts_with("arc-");
}

void cut(std::string& text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return;
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80)
        --bytes_max;
    text.resize(bytes_max);
}

TextColumn column_of(std::string_view field) {
    using enum TextColumn;
    if (equal_ignoring_case(field, "subject")) return subject;
    if (equal_ignoring_case(field, "from")) return from;
    if (equal_ignoring_case(field, "to")) return to;
    if (equal_ignoring_case(field, "cc")) return cc;
    if (equal_ignoring_case(field, "bcc")) return bcc;
    return header;
}

class Collector {
public:
    explicit Collector(std::string_view bytes) : bytes_(bytes) {}

    // Recursion is bounded by Limits::depth_max.
    void add(const Part& part, bool is_top) {
        add_header(bytes_.substr(part.header_begin, part.body_begin - part.header_begin), is_top);
        for (const auto& child : part.children)
            add(child, false);
        if (part.children.empty()) add_body(part);
    }
    FullText take() { return std::move(text_); }

private:
    std::string& column(TextColumn which) { return text_[static_cast<std::size_t>(which)]; }

    void add_header(std::string_view block, bool is_top) {
        HeaderFields fields(block);
        while (const auto field = fields.next()) {
            if (is_noise(field->name)) continue;
            const auto which = is_top ? column_of(field->name) : TextColumn::header;
            auto& target = column(which);
            if (target.size() >= full_text_header_bytes_max) continue;
            if (which == TextColumn::header) {
                append_words(target, valid_utf8(field->name));
                target += ": ";
            }
            append_words(target, valid_utf8(decode_header_text(unfold(field->value))));
            cut(target, full_text_header_bytes_max);
            target += ' ';
        }
    }

    void add_body(const Part& part) {
        const bool is_text = equal_ignoring_case(part.type, "text") || equal_ignoring_case(part.type, "message");
        auto& target = column(TextColumn::body);
        if (!is_text || target.size() >= full_text_body_bytes_max) return;
        const auto room = full_text_body_bytes_max - target.size();
        const auto text = part_text(bytes_, part, room * source_factor);
        const bool is_html = equal_ignoring_case(part.subtype, "html");
        append_words(target, is_html ? html_text(text) : text);
        cut(target, full_text_body_bytes_max);
        target += ' ';
    }

    std::string_view bytes_;
    FullText text_;
};

} // namespace

FullText full_text(std::string_view bytes, const Part& root) {
    Collector collector(bytes);
    collector.add(root, true);
    return collector.take();
}

void append_words(std::string& out, std::string_view text) {
    std::string repaired;
    if (g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr) == FALSE) {
        repaired = valid_utf8(text); // NUL too is no text to GLib, and replaced
        text = repaired;
    }
    const auto* end = text.data() + text.size();
    for (const char* at = text.data(); at < end;) {
        const char* next = g_utf8_next_char(at);
        const auto c = g_utf8_get_char(at);
        if (is_control(c)) {
            out += ' ';
        } else if (is_unspaced(c)) {
            out.append(" ").append(at, next).append(" ");
        } else {
            out.append(at, next);
        }
        at = next;
    }
}

std::vector<std::string> wanted_words(std::string_view text, std::size_t count_max) {
    std::vector<std::string> words;
    // What a client writes without blanks is looked for as it stands, so blanks are what separates words before
    // unspaced characters get theirs.
    std::string plain = valid_utf8(text);
    std::replace_if(
        plain.begin(), plain.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    for (const auto chunk : split(std::string_view(plain), ' ')) {
        if (words.size() == count_max) break;
        const auto* end = chunk.data() + chunk.size();
        bool has_letter = false;
        for (const char* at = chunk.data(); at < end && !has_letter; at = g_utf8_next_char(at))
            has_letter = g_unichar_isalnum(g_utf8_get_char(at)) != FALSE;
        if (has_letter) append_words(words.emplace_back(), chunk);
    }
    return words;
}

} // namespace hearth::mail
