// SPDX-License-Identifier: Apache-2.0
#include "mail/message.hpp"

#include "base/text.hpp"
#include "mail/envelope.hpp"
#include "mail/header_fields.hpp"
#include "mail/mime_scan.hpp"
#include "mail/searchable_text.hpp"
#include "mail/section.hpp"

namespace hearth::mail {

struct Message::State {
    std::string bytes;
    Part root;
    Envelope envelope;

    [[nodiscard]] std::string_view header() const { return std::string_view(bytes).substr(0, root.body_begin); }
};

bool Part::is_multipart() const {
    return !children.empty() && equal_ignoring_case(type, "multipart");
}

bool Part::is_message() const {
    return children.size() == 1 && equal_ignoring_case(type, "message");
}

Message::Message(std::unique_ptr<State> state) : state_(std::move(state)) {}
Message::~Message() = default;

std::shared_ptr<const Message> Message::parse(std::string crlf_bytes) {
    auto state = std::make_unique<State>();
    state->bytes = std::move(crlf_bytes);
    state->root = scan_message(state->bytes);
    state->envelope = parse_envelope(state->header());
    return std::shared_ptr<const Message>(new Message(std::move(state)));
}

std::string_view Message::bytes() const {
    return state_->bytes;
}

const Envelope& Message::envelope() const {
    return state_->envelope;
}

const Part& Message::structure() const {
    return state_->root;
}

std::optional<std::string> Message::section(const Section& section) const {
    return section_bytes(state_->bytes, state_->root, section);
}

std::optional<std::string> Message::header(std::string_view name, bool decoded) const {
    const auto field = find_field(state_->header(), name);
    if (!field) return std::nullopt;
    auto value = unfold(field->value);
    return decoded ? decode_header_text(value) : value;
}

std::string Message::searchable_text(bool with_headers) const {
    return mail::searchable_text(state_->bytes, state_->root, with_headers);
}

std::string to_crlf(std::string_view bytes) {
    std::string result;
    result.reserve(bytes.size() + bytes.size() / 32);
    std::size_t copied = 0;
    for (auto feed = bytes.find('\n'); feed != std::string_view::npos; feed = bytes.find('\n', feed + 1)) {
        if (feed > 0 && bytes[feed - 1] == '\r') continue;
        result.append(bytes.substr(copied, feed - copied)).append("\r\n");
        copied = feed + 1;
    }
    return result.append(bytes.substr(copied));
}

} // namespace hearth::mail
