// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::imap {

/// The text of one MIME part in UTF-8, a piece at a time, so that a large one neither fills the memory nor keeps other
/// connections waiting. The pieces together are what mail::decode_transfer and mail::decode_charset make of the whole.
class PartText {
public:
    /// Both outlive this.
    PartText(std::string_view body, const mail::Part& part);
    /// The next piece, made of about `bytes` of the message; nothing at the end.
    std::optional<std::string> next(std::size_t bytes);

private:
    std::string_view take_encoded(std::size_t bytes);

    std::string_view rest_;
    const std::string& encoding_;
    std::string charset_;
    std::string pending_; // decoded, of a line that isn't whole yet
    bool whole_;          // can't be cut: an encoding or charset of the rare kind
};

/// Whether a part has text to search: a leaf, text/* or message/*.
bool has_text(const mail::Part& part);

} // namespace hearth::imap
