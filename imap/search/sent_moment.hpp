// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/message_reader.hpp"

#include <cstdint>

namespace hearth::imap {

/// The sent date of RFC 5256 section 2.2, in seconds since 1970: what the Date field says, in UTC, else the internal date.
Result<std::int64_t> sent_moment(MessageReader& message);

} // namespace hearth::imap
