// SPDX-License-Identifier: Apache-2.0
// A summary as bytes for the index: numbers as base-128 varints, strings with their length in front, what may be
// missing with a number that is one higher. In front the version, behind everything a check sum, because the bytes have
// lain on a disk. A decoded tree is as sound as a parsed one: parts lie in their parents, messages have an envelope.
#include "mail/summary.hpp"

#include "base/text.hpp"

namespace hearth::mail {
namespace {

constexpr std::size_t checksum_bytes = 4;

// FNV-1a, 32 bits: against damage, not against people.
std::uint32_t checksum(std::string_view bytes) {
    std::uint32_t sum = 2166136261U;
    for (const char c : bytes)
        sum = (sum ^ static_cast<unsigned char>(c)) * 16777619U;
    return sum;
}

class Writer {
public:
    void number(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7)
            bytes_ += static_cast<char>(value | 0x80);
        bytes_ += static_cast<char>(value);
    }
    void text(std::string_view text) {
        number(text.size());
        bytes_ += text;
    }
    void text(const std::optional<std::string>& text) {
        number(text ? text->size() + 1 : 0);
        if (text) bytes_ += *text;
    }
    void parameters(const Parameters& parameters) {
        number(parameters.size());
        for (const auto& [name, value] : parameters) {
            text(std::string_view(name));
            text(std::string_view(value));
        }
    }
    void addresses(const std::vector<Address>& addresses) {
        number(addresses.size());
        for (const auto& address : addresses)
            for (const auto* field : {&address.name, &address.route, &address.mailbox, &address.host})
                text(*field);
    }
    void envelope(const Envelope& envelope) {
        for (const auto* field : {&envelope.date, &envelope.subject, &envelope.in_reply_to, &envelope.message_id})
            text(*field);
        for (const auto* list :
            {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc})
            addresses(*list);
    }
    void part(const Part& part);
    [[nodiscard]] std::string take() {
        const auto sum = checksum(bytes_);
        for (std::size_t i = 0; i < checksum_bytes; ++i)
            bytes_ += static_cast<char>(sum >> (8 * i));
        return std::move(bytes_);
    }

private:
    std::string bytes_;
};

void Writer::part(const Part& part) {
    text(std::string_view(part.type));
    text(std::string_view(part.subtype));
    parameters(part.parameters);
    for (const auto* field : {&part.id, &part.description, &part.md5, &part.location})
        text(*field);
    text(std::string_view(part.encoding));
    number(part.disposition ? 1 : 0);
    if (part.disposition) {
        text(std::string_view(part.disposition->first));
        parameters(part.disposition->second);
    }
    number(part.languages.size());
    for (const auto& language : part.languages)
        text(std::string_view(language));
    for (const auto value : {part.header_begin, part.body_begin, part.end, part.lines})
        number(value);
    number(part.envelope ? 1 : 0);
    if (part.envelope) envelope(*part.envelope);
    number(part.children.size());
    for (const auto& child : part.children)
        this->part(child);
}

// Reads what Writer wrote. Any nonsense sets `failed()`, and everything read then is empty; memory stays in proportion
// to the bytes, because each thing that is counted takes at least one of them.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (rest_.empty()) break;
            const auto byte = static_cast<unsigned char>(rest_[0]);
            rest_.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) return value;
        }
        return fail();
    }
    // How many things follow, of which each takes at least one byte.
    std::size_t count() {
        const auto value = number();
        return value <= rest_.size() ? static_cast<std::size_t>(value) : fail();
    }
    std::string text() { return take(number()); }
    std::optional<std::string> optional_text() {
        const auto size = number();
        return size == 0 ? std::nullopt : std::optional(take(size - 1));
    }
    Parameters parameters() {
        Parameters parameters(count());
        for (auto& [name, value] : parameters) {
            name = text();
            value = text();
        }
        return parameters;
    }
    std::vector<Address> addresses() {
        std::vector<Address> addresses;
        for (auto left = count(); left > 0 && !failed_; --left) {
            auto& address = addresses.emplace_back();
            for (auto* field : {&address.name, &address.route, &address.mailbox, &address.host})
                *field = optional_text();
        }
        return addresses;
    }
    Envelope envelope() {
        Envelope envelope;
        for (auto* field : {&envelope.date, &envelope.subject, &envelope.in_reply_to, &envelope.message_id})
            *field = optional_text();
        for (auto* list :
            {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc})
            *list = addresses();
        return envelope;
    }
    void part(Part& part, std::uint64_t begin, std::uint64_t end, int depth);

private:
    std::uint64_t fail() {
        failed_ = true;
        rest_ = {};
        return 0;
    }
    std::string take(std::uint64_t size) {
        if (size > rest_.size()) size = fail();
        std::string text(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return text;
    }

    std::string_view rest_;
    bool failed_ = false;
    int parts_ = 0;
};

// `begin` and `end`: where the parent's body lies.
void Reader::part(Part& part, std::uint64_t begin, std::uint64_t end, int depth) {
    if (depth > Limits::depth_max || ++parts_ > 2 * Limits::parts_max) fail();
    part.type = text();
    part.subtype = text();
    part.parameters = parameters();
    for (auto* field : {&part.id, &part.description, &part.md5, &part.location})
        *field = optional_text();
    part.encoding = text();
    if (number() != 0) {
        auto type = text();
        part.disposition.emplace(std::move(type), parameters());
    }
    for (auto left = count(); left > 0 && !failed_; --left)
        part.languages.push_back(text());
    for (auto* value : {&part.header_begin, &part.body_begin, &part.end, &part.lines})
        *value = number();
    if (part.header_begin < begin || part.body_begin < part.header_begin || part.end < part.body_begin ||
        part.end > end)
        fail();
    if (number() != 0) part.envelope = std::make_unique<Envelope>(envelope());
    for (auto left = count(); left > 0 && !failed_; --left)
        this->part(part.children.emplace_back(), part.body_begin, part.end, depth + 1);
    const bool is_container = part.is_multipart() || (part.is_message() && part.envelope);
    if (!part.children.empty() && !is_container) fail();
}

} // namespace

std::string encode(const Summary& summary) {
    Writer writer;
    writer.number(summary_version);
    writer.number(summary.size);
    writer.envelope(summary.envelope);
    writer.part(summary.structure);
    writer.text(std::string_view(summary.headers));
    writer.text(std::string_view(summary.preview));
    return writer.take();
}

std::optional<Summary> decode_summary(std::string_view bytes) {
    if (bytes.size() < checksum_bytes || bytes.size() > 2 * summary_bytes_max) return std::nullopt;
    const auto body = bytes.substr(0, bytes.size() - checksum_bytes);
    const auto sum = checksum(body);
    for (std::size_t i = 0; i < checksum_bytes; ++i)
        if (bytes[body.size() + i] != static_cast<char>(sum >> (8 * i))) return std::nullopt;
    Reader reader(body);
    if (reader.number() != summary_version) return std::nullopt;
    Summary summary;
    summary.size = reader.number();
    summary.envelope = reader.envelope();
    reader.part(summary.structure, 0, summary.size, 1);
    summary.headers = reader.text();
    summary.preview = reader.text();
    if (reader.failed() || !reader.at_end()) return std::nullopt;
    return summary;
}

} // namespace hearth::mail
