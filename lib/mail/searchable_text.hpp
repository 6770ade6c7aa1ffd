// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <string>
#include <string_view>

namespace hearth::mail {

/// The body of one part in UTF-8, transfer encoding and charset undone; of its first `source_bytes_max` bytes as they
/// are stored.
std::string part_text(std::string_view bytes, const Part& part, std::size_t source_bytes_max = std::string_view::npos);

/// All text parts of the tree `root` over `bytes` in UTF-8, with the header fields of all levels if asked; one line per
/// field, parts in order. See Message::searchable_text.
std::string searchable_text(std::string_view bytes, const Part& root, bool with_headers);

} // namespace hearth::mail
