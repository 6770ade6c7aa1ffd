// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hearth::login {

/// RFC 4648 section 4, with padding, as SASL in IMAP uses it (RFC 9051 section 6.2.2).
std::string encode_base64(std::string_view bytes);
/// Nothing on anything but exactly that.
std::optional<std::string> decode_base64(std::string_view text);

} // namespace hearth::login
