// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

namespace hearth::mail {

/// Where bytes stand in a message: [begin, end).
struct Span {
    std::uint64_t begin = 0, end = 0;
    [[nodiscard]] std::uint64_t size() const { return end - begin; }
    bool operator==(const Span&) const = default;
};

/// Where the bytes that BODY[section] names stand in a message with tree `root` (RFC 9051 section 6.4.5); of
/// HEADER.FIELDS and HEADER.FIELDS.NOT the header to choose from. Nothing when there is no such part.
std::optional<Span> section_span(const Part& root, const Section& section);

/// Whether the section is a choice of its span (choose_fields), not all of it.
bool is_choice(const Section& section);
/// The chosen fields of `header` and the empty line.
std::string choose_fields(std::string_view header, const Section& section);

/// What BINARY[part] decodes (RFC 3516): the part's body, or the whole message when `part` is empty.
struct EncodedBody {
    Span span;
    std::string_view encoding; ///< into `root`; of what holds other parts "7BIT": nothing is to be decoded
};
std::optional<EncodedBody> encoded_body(const Part& root, const std::vector<std::uint32_t>& part);

/// The bytes that BODY[section] names in the message `bytes` with tree `root` (RFC 9051 section 6.4.5).
std::optional<std::string> section_bytes(std::string_view bytes, const Part& root, const Section& section);

} // namespace hearth::mail
