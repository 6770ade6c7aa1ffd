// SPDX-License-Identifier: Apache-2.0
#include "store/message_cache.hpp"

namespace hearth::store {
namespace {

std::size_t bytes_of(const std::optional<std::string>& text) {
    return text ? text->size() : 0;
}

std::size_t bytes_of(const mail::Parameters& parameters) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : parameters)
        bytes += sizeof(parameters[0]) + name.size() + value.size();
    return bytes;
}

std::size_t bytes_of(const mail::Part& part) {
    std::size_t bytes = sizeof part + bytes_of(part.parameters) + bytes_of(part.id) + bytes_of(part.description);
    if (part.disposition) bytes += bytes_of(part.disposition->second);
    if (part.envelope) bytes += memory_bytes(*part.envelope);
    for (const auto& child : part.children)
        bytes += bytes_of(child);
    return bytes;
}

} // namespace

std::size_t memory_bytes(const mail::Envelope& envelope) {
    std::size_t bytes = sizeof envelope + bytes_of(envelope.date) + bytes_of(envelope.subject) +
                        bytes_of(envelope.in_reply_to) + bytes_of(envelope.message_id);
    for (const auto* list :
        {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc})
        for (const auto& address : *list)
            bytes += sizeof address + bytes_of(address.name) + bytes_of(address.mailbox) + bytes_of(address.host);
    return bytes;
}

std::size_t memory_bytes(const mail::Message& message) {
    return message.bytes().size() + bytes_of(message.structure()) + memory_bytes(message.envelope());
}

} // namespace hearth::store
