// SPDX-License-Identifier: Apache-2.0
// What FETCH takes from one message, from where it costs least: the summary in the index, ranges of the stored bytes, and
// only for a message too odd to have a summary the parsed whole. All functions give the store's errors; after
// Error::busy and Error::unfinished they may be asked again and go on where they were.
#pragma once

#include "mail/section.hpp"
#include "mail/transfer_decoding.hpp"
#include "store/store.hpp"
#include "wire/section_request.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap::command {

/// The bytes of a section: in memory, or still where they are stored.
class SectionBody {
public:
    explicit SectionBody(std::string own) : own_(std::move(own)), span_{0, own_.size()} {}
    /// Points into memory that outlives it.
    explicit SectionBody(std::string_view seen) : seen_(seen), span_{0, seen.size()} {}
    explicit SectionBody(mail::Span stored) : stored_(true), span_(stored) {}

    [[nodiscard]] std::uint64_t size() const { return span_.size(); }
    [[nodiscard]] bool is_stored() const { return stored_; }
    /// The bytes, unless they are stored.
    [[nodiscard]] std::string_view view() const;
    /// Where they are stored.
    [[nodiscard]] mail::Span span() const { return span_; }
    /// Keeps the part that <offset.length> names; nothing when it begins beyond the end.
    void cut(const Partial& partial);

private:
    std::string own_;
    std::optional<std::string_view> seen_;
    bool stored_ = false;
    mail::Span span_;
};

class MessageSource {
public:
    /// `mailbox` outlives it.
    MessageSource(store::Mailbox& mailbox, std::uint32_t uid) : mailbox_(mailbox), uid_(uid) {}
    MessageSource(const MessageSource&) = delete;
    MessageSource& operator=(const MessageSource&) = delete;

    Result<const mail::Envelope*> envelope();
    Result<const mail::Part*> structure();
    /// RFC 8970: at most 200 characters of UTF-8.
    Result<std::string> preview();
    Result<store::MessageFacts> facts() { return mailbox_.facts(uid_); }

    /// BODY[section]: no body when there is no such part. What is large stays where it is stored.
    Result<std::optional<SectionBody>> section(const mail::Section& section);
    /// BINARY[part]: with its transfer encoding undone. `unknown_encoding` becomes true when that can't be done.
    Result<std::optional<SectionBody>> decoded(const std::vector<std::uint32_t>& part, bool& unknown_encoding);
    /// Stored bytes, all of them or Error::expunged.
    Result<std::string> read(mail::Span span);

private:
    Result<const mail::Summary*> summary();
    Result<const mail::Message*> message();
    Result<std::string> decode(const std::vector<std::uint32_t>& part, const mail::EncodedBody& body);

    /// A body on its way through its decoder.
    struct Decoding {
        Decoding(std::vector<std::uint32_t> part_, const mail::EncodedBody& body)
            : part(std::move(part_)), left(body.span), decoder(std::string(body.encoding)) {}
        std::vector<std::uint32_t> part;
        mail::Span left;
        mail::TransferDecoder decoder;
        std::string bytes;
    };

    store::Mailbox& mailbox_;
    std::uint32_t uid_;
    bool summary_known_ = false;
    std::shared_ptr<const mail::Summary> summary_;
    std::shared_ptr<const mail::Envelope> envelope_;
    std::shared_ptr<const mail::Message> message_;
    std::unique_ptr<Decoding> decoding_;
};

} // namespace hearth::imap::command
