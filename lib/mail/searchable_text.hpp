// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <string>
#include <string_view>

namespace hearth::mail {

/// All text parts of the tree `root` over `bytes` in UTF-8, with the header fields of all levels if asked; one line per
/// field, parts in order. See Message::searchable_text.
std::string searchable_text(std::string_view bytes, const Part& root, bool with_headers);

} // namespace hearth::mail
