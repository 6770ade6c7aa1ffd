// SPDX-License-Identifier: Apache-2.0
// ENVELOPE, BODY and BODYSTRUCTURE (RFC 9051 section 7.5.2) of a parsed message.
#pragma once

#include "mail/message.hpp"

#include <string>

namespace hearth::imap {

void append_envelope(std::string& out, const mail::Envelope& envelope);

/// `extended`: BODYSTRUCTURE with its extension data; otherwise BODY. Recursive, as deep as mail::Limits allows.
void append_structure(std::string& out, const mail::Part& part, bool extended);

} // namespace hearth::imap
