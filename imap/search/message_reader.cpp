// SPDX-License-Identifier: Apache-2.0
#include "search/message_reader.hpp"

#include "base/ensure.hpp"
#include "base/text.hpp"
#include "mail/envelope.hpp"
#include "mail/summary.hpp"

namespace hearth::imap {
namespace {

// Most headers fit into the first; who has more than the last reads the message.
constexpr std::uint64_t header_bytes_first = 16 * 1024;
constexpr std::uint64_t header_bytes_max = 256 * 1024;

// The header with its empty line; nothing when it goes on beyond `bytes`.
std::optional<std::size_t> header_end(std::string_view bytes) {
    if (bytes.starts_with("\r\n")) return 2;
    const auto at = bytes.find("\r\n\r\n");
    if (at == std::string_view::npos) return std::nullopt;
    return at + 4;
}

} // namespace

// Remembers that the message is gone, so that it is asked for once.
template <class Value> Result<Value> MessageReader::keep(Result<Value> result) {
    if (!result && result.error() == store::Error::expunged) gone_ = result.error();
    return result;
}

bool MessageReader::is_named(const mail::HeaderField& field, std::string_view name) {
    return equal_ignoring_case(field.name, name);
}

Result<std::uint64_t> MessageReader::size() {
    if (size_) return *size_;
    if (gone_) return gone_;
    const auto known = keep(mailbox_.digest(row_.uid, true));
    if (!known) return known.error();
    if (*known && (*known)->size) size_ = (*known)->size;
    if (size_) return *size_;
    const auto found = keep(mailbox_.size(row_.uid));
    if (found) size_ = *found;
    return found;
}

Result<const store::MessageFacts*> MessageReader::facts() {
    if (facts_) return &*facts_;
    if (gone_) return gone_;
    auto found = keep(mailbox_.facts(row_.uid));
    if (!found) return found.error();
    return &facts_.emplace(std::move(*found));
}

Result<const mail::Summary*> MessageReader::summary() {
    if (summary_known_) return summary_.get();
    if (gone_) return gone_;
    auto found = mailbox_.summary(row_.uid);
    if (!found && found.error() != store::Error::unsupported) return keep(std::move(found)).error();
    if (found) summary_ = std::move(*found);
    summary_known_ = true;
    return summary_.get();
}

Result<mail::Digest> MessageReader::digest() {
    if (!own_digest_) {
        if (gone_) return gone_;
        const auto kept = keep(mailbox_.digest(row_.uid, false));
        if (!kept) return kept.error();
        if (*kept) return (*kept)->digest;
        const auto block = header();
        if (!block) return block.error();
        own_digest_ = mail::make_digest(mail::parse_envelope(*block), *block, nullptr);
    }
    const auto digest = mail::read_known_digest(*own_digest_);
    ensure(digest.has_value(), "what we write we read again");
    return *digest;
}

Result<MessageReader::Text> MessageReader::text() {
    const auto tree = structure();
    if (!tree) return tree.error();
    if (message_) return Text{message_->bytes(), &message_->structure()};
    if (!bytes_) message_ = mailbox_.at_hand(row_.uid); // the tree was made of it
    if (message_) return Text{message_->bytes(), &message_->structure()};
    if (!bytes_) {
        if (gone_) return gone_;
        auto read = keep(mailbox_.bytes(row_.uid));
        if (!read) return read.error();
        bytes_ = std::move(*read);
    }
    if ((*tree)->body_begin <= (*tree)->end && (*tree)->end <= bytes_->size()) return Text{*bytes_, *tree};
    const auto whole = message(); // somebody has changed the file
    if (!whole) return whole.error();
    return Text{(*whole)->bytes(), &(*whole)->structure()};
}

// Most digests say all of it that matters.
Result<const mail::Part*> MessageReader::structure() {
    if (message_) return &message_->structure();
    if (parts_) return &*parts_;
    if (gone_) return gone_;
    const auto kept = keep(mailbox_.digest(row_.uid, false));
    if (!kept) return kept.error();
    if (*kept) parts_ = mail::read_parts((*kept)->digest);
    if (parts_) return &*parts_;
    const auto known = summary();
    if (!known) return known.error();
    if (*known != nullptr) return &(*known)->structure;
    const auto whole = message();
    if (!whole) return whole.error();
    return &(*whole)->structure();
}

Result<const mail::Message*> MessageReader::message() {
    if (message_) return message_.get();
    if (gone_) return gone_;
    auto found = keep(mailbox_.message(row_.uid));
    if (!found) return found.error();
    message_ = std::move(*found);
    return message_.get();
}

Result<std::string_view> MessageReader::header() {
    if (message_) return message_->bytes().substr(0, message_->structure().body_begin);
    if (header_) return std::string_view(*header_);
    if (gone_) return gone_;
    for (auto count = header_bytes_first; count <= header_bytes_max; count *= 4) {
        auto bytes = keep(mailbox_.read(row_.uid, 0, count));
        if (!bytes) return bytes.error();
        const auto end = header_end(*bytes);
        if (!end && bytes->size() >= count) continue;
        bytes->resize(end.value_or(bytes->size()));
        return std::string_view(header_.emplace(std::move(*bytes)));
    }
    const auto whole = message();
    if (!whole) return whole.error();
    return (*whole)->bytes().substr(0, (*whole)->structure().body_begin);
}

Result<std::string_view> MessageReader::fields_with(std::string_view name) {
    if (!message_ && !header_ && mail::is_kept_field(name)) {
        const auto known = summary();
        if (!known) return known.error();
        if (*known != nullptr) return std::string_view((*known)->headers);
    }
    return header();
}

} // namespace hearth::imap
