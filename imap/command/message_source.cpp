// SPDX-License-Identifier: Apache-2.0
#include "command/message_source.hpp"

#include "mail/preview.hpp"
#include "mail/summary.hpp"

#include <algorithm>

namespace hearth::imap::command {
namespace {

/// So much is decoded at a stretch: about a millisecond.
constexpr std::uint64_t decoded_at_once = 512 * 1024;

bool asks_for_kept_fields(const mail::Section& section) {
    return section.part.empty() && section.text == mail::SectionText::header_fields &&
           std::all_of(section.fields.begin(), section.fields.end(), [](const auto& f) { return mail::is_kept_field(f); });
}

} // namespace

std::string_view SectionBody::view() const {
    return seen_.value_or(own_).substr(static_cast<std::size_t>(span_.begin), static_cast<std::size_t>(span_.size()));
}

void SectionBody::cut(const Partial& partial) {
    span_.begin += std::min(partial.offset, span_.size());
    span_.end = span_.begin + std::min(partial.length, span_.size());
}

Result<const mail::Summary*> MessageSource::summary() {
    if (summary_known_) return summary_.get();
    auto found = mailbox_.summary(uid_);
    if (!found && found.error() != store::Error::unsupported) return found.error();
    if (found) summary_ = std::move(*found);
    summary_known_ = true;
    return summary_.get();
}

Result<const mail::Message*> MessageSource::message() {
    if (message_) return message_.get();
    auto found = mailbox_.message(uid_);
    if (!found) return found.error();
    message_ = std::move(*found);
    return message_.get();
}

Result<const mail::Envelope*> MessageSource::envelope() {
    const auto known = summary();
    if (!known) return known.error();
    if (*known != nullptr) return &(*known)->envelope;
    auto found = mailbox_.envelope(uid_);
    if (!found) return found.error();
    envelope_ = std::move(*found);
    return envelope_.get();
}

Result<const mail::Part*> MessageSource::structure() {
    const auto known = summary();
    if (!known) return known.error();
    if (*known != nullptr) return &(*known)->structure;
    const auto whole = message();
    if (!whole) return whole.error();
    return &(*whole)->structure();
}

Result<std::string> MessageSource::preview() {
    const auto known = summary();
    if (!known) return known.error();
    if (*known != nullptr) return (*known)->preview;
    const auto whole = message();
    if (!whole) return whole.error();
    return mail::preview(**whole);
}

Result<std::string> MessageSource::read(mail::Span span) {
    if (message_) return std::string(message_->bytes().substr(span.begin, span.size()));
    auto bytes = mailbox_.read(uid_, span.begin, span.size());
    if (bytes && bytes->size() != span.size()) return store::make_error_code(store::Error::corrupt);
    return bytes;
}

Result<std::optional<SectionBody>> MessageSource::section(const mail::Section& section) {
    const auto known = summary();
    if (!known) return known.error();
    if (*known != nullptr && asks_for_kept_fields(section))
        return std::optional<SectionBody>(mail::header_fields(**known, section.fields));
    const auto root = structure();
    if (!root) return root.error();
    const auto span = mail::section_span(**root, section);
    if (!span) return std::optional<SectionBody>();
    if (mail::is_choice(section)) {
        const auto header = read(*span);
        if (!header) return header.error();
        return std::optional<SectionBody>(mail::choose_fields(*header, section));
    }
    // What is in memory is not copied.
    if (message_) return std::optional<SectionBody>(message_->bytes().substr(span->begin, span->size()));
    return std::optional<SectionBody>(*span);
}

Result<std::optional<SectionBody>> MessageSource::decoded(
    const std::vector<std::uint32_t>& part, bool& unknown_encoding) {
    const auto root = structure();
    if (!root) return root.error();
    const auto body = mail::encoded_body(**root, part);
    if (!body) return std::optional<SectionBody>();
    unknown_encoding = !mail::is_known_encoding(body->encoding);
    if (unknown_encoding) return std::optional<SectionBody>();
    auto bytes = decode(part, *body);
    if (!bytes) return bytes.error();
    return std::optional<SectionBody>(std::move(*bytes));
}

Result<std::string> MessageSource::decode(const std::vector<std::uint32_t>& part, const mail::EncodedBody& body) {
    if (!decoding_ || decoding_->part != part) decoding_ = std::make_unique<Decoding>(part, body);
    auto& job = *decoding_;
    const mail::Span piece{job.left.begin, std::min(job.left.begin + decoded_at_once, job.left.end)};
    const auto bytes = read(piece);
    if (!bytes) return bytes.error();
    job.decoder.decode(*bytes, job.bytes);
    job.left.begin = piece.end;
    if (job.left.size() > 0) return store::make_error_code(store::Error::unfinished);
    job.decoder.finish(job.bytes);
    auto all = std::move(job.bytes);
    decoding_.reset();
    return all;
}

} // namespace hearth::imap::command
