// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/message.hpp"

#include <string_view>

namespace hearth::mail {

/// The envelope of a header block (RFC 9051 section 7.5.2). Of repeated text fields the first counts; repeated address
/// fields are joined, so that nobody can hide a second From from one reader and show it to another.
Envelope parse_envelope(std::string_view header_block);

} // namespace hearth::mail
