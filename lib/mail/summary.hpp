// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::mail {

/// What lists ask of a message, made once and kept in the index: a click on a list reads no mail.
struct Summary {
    Envelope envelope;
    Part structure;         ///< with its offsets, so that BODY[2] reads only its own bytes
    std::string headers;    ///< the fields of `kept_fields`, as they stand in the header, in their order
    std::string preview;    ///< RFC 8970: at most 200 characters of UTF-8
    std::uint64_t size = 0; ///< bytes with CRLF line ends
};

/// Raised when make_summary() gives something else for the same message.
constexpr int summary_version = 1;

/// Nothing when the message has more parts or headers than are worth keeping (`summary_bytes_max`).
constexpr std::size_t summary_bytes_max = 32 * 1024;
std::optional<Summary> make_summary(const Message& message);

/// Whether HEADER.FIELDS (...) of these fields can be answered from Summary::headers.
bool is_kept_field(std::string_view name);
/// BODY[HEADER.FIELDS (fields)] from Summary::headers, with its empty line; the fields must all be kept ones.
std::string header_fields(const Summary& summary, const std::vector<std::string>& fields);

/// A summary as bytes for the index, and back. Bytes that are none (a damaged index) give nothing.
std::string encode(const Summary& summary);
std::optional<Summary> decode_summary(std::string_view bytes);

} // namespace hearth::mail
