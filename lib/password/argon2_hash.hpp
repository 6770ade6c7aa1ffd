// SPDX-License-Identifier: Apache-2.0
// Argon2 (RFC 9106) by libargon2, in its encoded form: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
#pragma once

#include "password/password_scheme.hpp"

#include <cstdint>

namespace hearth::auth {

enum class Argon2 { i, id };

/// A hash that asks for more than this is refused: each verification in flight takes as much.
constexpr std::uint64_t argon2_memory_kib_max = 1024 * 1024;

Verification verify_argon2(std::string_view hash, std::string_view password, Argon2 type);

/// Argon2id with 19 MiB, two passes, one lane (OWASP's first recommendation).
Checked<std::string> generate_argon2id(std::string_view password);

} // namespace hearth::auth
