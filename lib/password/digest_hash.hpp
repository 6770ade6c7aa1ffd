// SPDX-License-Identifier: Apache-2.0
// Plain and salted digests (`{SHA256}`, `{SSHA512}`, ...) by OpenSSL, and the encodings that `{SCHEME.b64}` and
// `{SCHEME.hex}` name. Fast to compute, so fast to guess: they are read for those who come with them.
#pragma once

#include "password/password_scheme.hpp"

#include <optional>

namespace hearth::auth {

enum class Encoding { none, base64, hex };

/// The bytes that `text` stands for; nothing when it isn't in that encoding.
std::optional<std::string> decode(Encoding encoding, std::string_view text);

/// `hash` is the encoded digest, followed by the salt when `salted`. `digest` is OpenSSL's name. Without an encoding:
/// base64, or hexadecimal if an unsalted hash has exactly that length (as Dovecot does).
Verification verify_digest(
    std::string_view hash, std::string_view password, const char* digest, bool salted, Encoding encoding);

/// base64(digest(password, salt), salt) with 8 random bytes of salt.
Checked<std::string> generate_salted_digest(const char* digest, std::string_view password);

} // namespace hearth::auth
