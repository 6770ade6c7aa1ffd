// SPDX-License-Identifier: Apache-2.0
// As bytes: the version, what is true of it as bits, numbers as base-128 varints, strings with their length in front,
// behind everything a check sum, because the bytes have lain on a disk.
#include "mail/digest.hpp"

#include "base/text.hpp"
#include "mail/base_subject.hpp"
#include "mail/case_folding.hpp"
#include "mail/gobject.hpp"
#include "mail/header_fields.hpp"
#include "mail/message_ids.hpp"
#include "mail/search_values.hpp"
#include "mail/sort_keys.hpp"
#include "mail/summary.hpp"

#include <algorithm>
#include <cstring>

namespace hearth::mail {
namespace {

constexpr std::size_t checksum_bytes = 4;
constexpr unsigned has_sent = 1, is_answer = 2, subject_is_base = 4;

// How the text of a part is stored; `none`: it has none.
enum class Text : std::uint8_t { none, plain, quoted_printable, base64 };
constexpr std::array<std::string_view, 4> encodings{"", "8bit", "quoted-printable", "base64"};

// FNV-1a, 32 bits: against damage, not against people.
std::uint32_t checksum(std::string_view bytes) {
    std::uint32_t sum = 2166136261U;
    for (const char c : bytes)
        sum = (sum ^ static_cast<unsigned char>(c)) * 16777619U;
    return sum;
}

void append_number(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
}

void append_text(std::string& out, std::string_view text) {
    append_number(out, text.size());
    out += text;
}

std::string folded_key(std::string_view text) {
    return fold_case(text.substr(0, sort_text_bytes_max));
}

std::string hashed(std::string_view id) {
    const std::unique_ptr<GChecksum, void (*)(GChecksum*)> sha(g_checksum_new(G_CHECKSUM_SHA256), g_checksum_free);
    g_checksum_update(sha.get(), reinterpret_cast<const guchar*>(id.data()), static_cast<gssize>(id.size()));
    std::array<guint8, 32> digest{};
    gsize size = digest.size();
    g_checksum_get_digest(sha.get(), digest.data(), &size);
    return {reinterpret_cast<const char*>(digest.data()), Digest::id_bytes};
}

// What is taken from the fields themselves.
struct Fields {
    std::array<std::string, Digest::fields.size()> values;
    std::string references;
};

Fields read_fields(std::string_view header) {
    Fields read;
    HeaderFields fields(header);
    while (const auto field = fields.next()) {
        for (std::size_t i = 0; i < Digest::fields.size(); ++i)
            if (equal_ignoring_case(field->name, Digest::fields[i]))
                for (const auto& text : search_values(field->name, field->value))
                    read.values[i].append(text).append("\n");
        if (equal_ignoring_case(field->name, "references")) read.references += field->value;
    }
    return read;
}

// RFC 5256 section 3: In-Reply-To counts when References names nobody, and of it the first id.
std::string hashed_references(std::string_view references, const Envelope& envelope) {
    auto ids = message_ids(references);
    if (ids.empty()) {
        ids = message_ids(envelope.in_reply_to.value_or(""));
        if (ids.size() > 1) ids.resize(1);
    }
    std::string hashes;
    for (const auto& id : ids)
        hashes += hashed(id);
    return hashes;
}

class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) return value;
        }
        failed_ = true;
        return 0;
    }
    std::string_view text() {
        const auto size = number();
        failed_ = failed_ || size > rest_.size();
        if (failed_) return {};
        const auto text = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return text;
    }
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
    bool failed_ = false;
};

bool is_utf8(const Part& part) {
    for (const auto& [name, value] : part.parameters)
        if (equal_ignoring_case(name, "charset"))
            return value.empty() || equal_ignoring_case(value, "utf-8") || equal_ignoring_case(value, "us-ascii");
    return true;
}

// Nothing: it can't be said so shortly.
std::optional<Text> text_of(const Part& part) {
    const bool has_text =
        part.children.empty() && (equal_ignoring_case(part.type, "text") || equal_ignoring_case(part.type, "message"));
    if (!has_text) return Text::none;
    if (!is_utf8(part)) return std::nullopt;
    if (equal_ignoring_case(part.encoding, "quoted-printable")) return Text::quoted_printable;
    if (equal_ignoring_case(part.encoding, "base64")) return Text::base64;
    for (const std::string_view plain : {"7bit", "8bit", "binary"})
        if (equal_ignoring_case(part.encoding, plain)) return Text::plain;
    return std::nullopt;
}

// Recursion is bounded by digest_parts_max.
bool append_parts(std::string& out, const Part& part, std::size_t& count) {
    const auto text = text_of(part);
    if (!text || ++count > digest_parts_max) return false;
    append_number(out, static_cast<unsigned>(*text));
    for (const auto value : {part.header_begin, part.body_begin, part.end})
        append_number(out, value);
    return std::all_of(part.children.begin(), part.children.end(),
        [&](const Part& child) { return append_parts(out, child, count); });
}

std::string parts_of(const Part* structure) {
    std::string parts;
    std::size_t count = 0;
    if (structure == nullptr || !append_parts(parts, *structure, count)) return {};
    return parts;
}

} // namespace

std::optional<std::size_t> Digest::field_number(std::string_view name) {
    const auto* const at = std::find(fields.begin(), fields.end(), name);
    if (at == fields.end()) return std::nullopt;
    return static_cast<std::size_t>(at - fields.begin());
}

std::optional<Part> read_parts(const Digest& digest) {
    if (digest.parts.empty()) return std::nullopt;
    Part root;
    Reader reader(digest.parts);
    for (bool is_first = true; !reader.at_end(); is_first = false) {
        if (root.children.size() == digest_parts_max) return std::nullopt;
        auto& part = is_first ? root : root.children.emplace_back();
        const auto text = reader.number();
        for (auto* value : {&part.header_begin, &part.body_begin, &part.end})
            *value = reader.number();
        const bool sound = !reader.failed() && text < encodings.size() && part.header_begin <= part.body_begin &&
                           part.body_begin <= part.end && part.end <= root.end;
        if (!sound) return std::nullopt;
        part.type = text == 0 ? "" : "text";
        part.encoding = encodings[text];
    }
    return root;
}

std::string make_digest(const Envelope& envelope, std::string_view header, const Part* structure) {
    const auto fields = read_fields(header);
    const auto subject = extract_subject(decode_header_text(envelope.subject.value_or("")));
    const auto base = folded_key(subject.text);
    const bool same = !base.empty() && fields.values[0] == base + "\n";
    const auto sent = envelope.date ? sent_date(*envelope.date) : std::nullopt;
    const auto seconds = sent ? std::int64_t{sent->count()} : 0;
    std::string out;
    append_number(out, digest_version);
    append_number(out, (sent ? has_sent : 0U) | (subject.is_reply_or_forward ? is_answer : 0U) |
                           (same ? subject_is_base : 0U));
    append_number(out, static_cast<std::uint64_t>(seconds) << 1 ^ static_cast<std::uint64_t>(seconds >> 63));
    for (const auto& value : fields.values)
        append_text(out, value);
    append_text(out, envelope.date.value_or(""));
    if (!same) append_text(out, base);
    append_text(out, folded_key(sort_mailbox(envelope.from)));
    append_text(out, folded_key(sort_mailbox(envelope.to)));
    append_text(out, folded_key(sort_mailbox(envelope.cc)));
    append_text(out, folded_key(display_name(envelope.from)));
    append_text(out, folded_key(display_name(envelope.to)));
    const auto ids = message_ids(envelope.message_id.value_or(""));
    append_text(out, ids.empty() ? std::string() : hashed(ids.front()));
    append_text(out, hashed_references(fields.references, envelope));
    append_text(out, parts_of(structure));
    const auto sum = checksum(out);
    for (std::size_t i = 0; i < checksum_bytes; ++i)
        out += static_cast<char>(sum >> (8 * i));
    return out;
}

std::string make_digest(const Summary& summary) {
    return make_digest(summary.envelope, summary.headers, &summary.structure);
}

std::optional<Digest> read_digest(std::string_view bytes) {
    if (bytes.size() < checksum_bytes) return std::nullopt;
    const auto body = bytes.substr(0, bytes.size() - checksum_bytes);
    const auto sum = checksum(body);
    for (std::size_t i = 0; i < checksum_bytes; ++i)
        if (bytes[body.size() + i] != static_cast<char>(sum >> (8 * i))) return std::nullopt;
    return read_known_digest(bytes);
}

std::optional<Digest> read_known_digest(std::string_view bytes) {
    if (bytes.size() < checksum_bytes) return std::nullopt;
    Reader reader(bytes.substr(0, bytes.size() - checksum_bytes));
    if (reader.number() != digest_version) return std::nullopt;
    Digest digest;
    const auto bits = reader.number();
    const auto seconds = reader.number();
    if ((bits & has_sent) != 0)
        digest.sent = static_cast<std::int64_t>(seconds >> 1) ^ -static_cast<std::int64_t>(seconds & 1);
    digest.is_reply = (bits & is_answer) != 0;
    for (auto& value : digest.values) {
        value = reader.text();
        if (!value.empty() && value.back() != '\n') return std::nullopt;
    }
    digest.date = reader.text();
    if ((bits & subject_is_base) == 0)
        digest.subject = reader.text();
    else if (!digest.values[0].empty())
        digest.subject = digest.values[0].substr(0, digest.values[0].size() - 1);
    for (auto* text : {&digest.from, &digest.to, &digest.cc, &digest.display_from, &digest.display_to, &digest.id,
             &digest.references, &digest.parts})
        *text = reader.text();
    const bool sound = !reader.failed() && reader.at_end() && (digest.id.empty() || digest.id.size() == Digest::id_bytes) &&
                       digest.references.size() % Digest::id_bytes == 0;
    return sound ? std::optional(digest) : std::nullopt;
}

} // namespace hearth::mail
