// SPDX-License-Identifier: Apache-2.0
// One message as searching, sorting and threading read it: from the index where that is enough, else its header alone,
// else the whole of it; each at most once. All functions give the store's errors, of which Error::busy and
// Error::unfinished mean "ask me again", and Error::expunged stays.
#pragma once

#include "mail/digest.hpp"
#include "mail/header_fields.hpp"
#include "store/store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hearth::imap {

class MessageReader {
public:
    /// Both outlive the reader.
    MessageReader(store::Mailbox& mailbox, const store::MessageRow& row) : mailbox_(mailbox), row_(row) {}
    MessageReader(const MessageReader&) = delete;
    MessageReader& operator=(const MessageReader&) = delete;

    [[nodiscard]] const store::MessageRow& row() const { return row_; }
    Result<std::uint64_t> size();
    Result<const store::MessageFacts*> facts();
    /// What is compared of it. Its texts live until the next call of anything here.
    Result<mail::Digest> digest();
    /// The whole message and its MIME tree, which live as long as the reader.
    struct Text {
        std::string_view bytes;
        const mail::Part* structure = nullptr;
    };
    Result<Text> text();

    /// Calls use(value) for every field called `name` (any case), values as they stand in the header.
    template <class Use> Result<void> for_each_field(std::string_view name, const Use& use) {
        const auto block = fields_with(name);
        if (!block) return block.error();
        mail::HeaderFields fields(*block);
        while (const auto field = fields.next())
            if (is_named(*field, name)) use(field->value);
        return {};
    }

private:
    /// A block of fields in which all those called `name` are.
    Result<std::string_view> fields_with(std::string_view name);
    Result<const mail::Summary*> summary();
    Result<std::string_view> header();
    Result<const mail::Message*> message();
    Result<const mail::Part*> structure();
    static bool is_named(const mail::HeaderField& field, std::string_view name);
    template <class Value> Result<Value> keep(Result<Value> result);

    store::Mailbox& mailbox_;
    const store::MessageRow& row_;
    error_code gone_; // Error::expunged, once met
    std::optional<std::uint64_t> size_;
    std::optional<store::MessageFacts> facts_;
    bool summary_known_ = false;
    std::shared_ptr<const mail::Summary> summary_;
    std::shared_ptr<const mail::Message> message_;
    std::optional<std::string> header_;
    std::optional<std::string> own_digest_, bytes_;
    std::optional<mail::Part> parts_;
};

} // namespace hearth::imap
