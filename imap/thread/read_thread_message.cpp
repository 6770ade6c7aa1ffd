// SPDX-License-Identifier: Apache-2.0
#include "thread/read_thread_message.hpp"
#include "case_folding.hpp"
#include "search/sent_moment.hpp"
#include "thread/message_ids.hpp"

#include "mail/base_subject.hpp"

namespace hearth::imap {
namespace {

/// Subjects that are the same so far are the same.
constexpr std::size_t subject_bytes_max = 512;

void read_subject(ThreadMessage& message, const mail::Envelope& envelope) {
    const auto base = mail::extract_subject(mail::decode_header_text(envelope.subject.value_or("")));
    message.subject = fold_case(std::string_view(base.text).substr(0, subject_bytes_max));
    message.is_reply = base.is_reply_or_forward;
}

// RFC 5256 section 3: In-Reply-To counts when References names nobody, and of it the first id.
Result<void> read_references(ThreadMessage& message, MessageReader& reader, const mail::Envelope& envelope) {
    std::string value;
    const auto read = reader.for_each_field("References", [&](std::string_view field) { value.append(field); });
    if (!read) return read;
    message.references = message_ids(value);
    if (!message.references.empty()) return {};
    message.references = message_ids(envelope.in_reply_to.value_or(""));
    if (message.references.size() > 1) message.references.resize(1);
    return {};
}

} // namespace

Result<ThreadMessage> read_thread_message(MessageReader& reader, std::uint32_t row_index, ThreadAlgorithm algorithm) {
    ThreadMessage message;
    message.row = row_index;
    message.received = reader.row().internal_date;
    const auto sent = sent_moment(reader);
    if (!sent) return sent.error();
    message.sent = *sent;
    const auto envelope = reader.envelope();
    if (!envelope) return envelope.error();
    read_subject(message, **envelope);
    if (algorithm == ThreadAlgorithm::ordered_subject) return message;
    const auto read = read_references(message, reader, **envelope);
    if (!read) return read.error();
    auto ids = message_ids((*envelope)->message_id.value_or(""));
    if (!ids.empty()) message.id = std::move(ids.front());
    return message;
}

} // namespace hearth::imap
