// SPDX-License-Identifier: Apache-2.0
#include "thread/read_thread_message.hpp"

namespace hearth::imap {

Result<ThreadMessage> read_thread_message(MessageReader& reader, std::uint32_t row_index, ThreadAlgorithm algorithm) {
    const auto digest = reader.digest();
    if (!digest) return digest.error();
    ThreadMessage message;
    message.row = row_index;
    message.received = reader.row().internal_date;
    message.sent = digest->sent.value_or(message.received); // RFC 5256 section 2.2
    message.subject = digest->subject;
    message.is_reply = digest->is_reply;
    if (algorithm == ThreadAlgorithm::ordered_subject) return message;
    message.id = digest->id;
    const auto count = digest->references.size() / mail::Digest::id_bytes;
    message.references.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        message.references.emplace_back(digest->references.substr(i * mail::Digest::id_bytes, mail::Digest::id_bytes));
    return message;
}

} // namespace hearth::imap
