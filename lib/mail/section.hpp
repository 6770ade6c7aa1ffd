// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

namespace hearth::mail {

/// The bytes that BODY[section] names in the message `bytes` with tree `root` (RFC 9051 section 6.4.5).
std::optional<std::string> section_bytes(std::string_view bytes, const Part& root, const Section& section);

} // namespace hearth::mail
