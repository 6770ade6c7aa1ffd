// SPDX-License-Identifier: Apache-2.0
// Stored passwords as Dovecot writes them: `{SCHEME}hash`, `{SCHEME.b64}hash`, `{SCHEME.hex}hash`, or a bare hash. This
// library (hearth_password) knows nothing else of auth, so that the admin tool links it alone. All of it is slow on
// purpose (1 ms to 100 ms a call), thread-safe, and keeps no state.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hearth::auth {

/// Longest password anybody may log in with. Longer ones never match.
constexpr std::size_t password_bytes_max = 1024;

/// What a bare hash without `{SCHEME}` is taken for (Dovecot's default of passwd-file).
constexpr std::string_view scheme_of_bare_hashes = "CRYPT";

enum class Verdict {
    match,
    mismatch, ///< the stored password is sound and this isn't it
    unusable, ///< no password can match: unknown, refused or damaged hash; the reason says which
};
struct Verification {
    Verdict verdict = Verdict::unusable;
    std::string reason; ///< for the log when unusable; tells nothing of password or hash
};

/// Does `password` match what is stored? `assumed_scheme` names the scheme of a bare hash. Compares in constant time.
Verification verify_password(
    std::string_view stored, std::string_view password, std::string_view assumed_scheme = scheme_of_bare_hashes);

/// `{SCHEME}hash` of a password with a fresh salt, ready for a passwd-file. Refuses schemes that Hearth only reads.
Checked<std::string> generate(std::string_view scheme, std::string_view password);

/// Names of the schemes that generate() makes, best first.
std::vector<std::string_view> schemes_to_generate();
/// Names of all schemes that verify_password() takes.
std::vector<std::string_view> schemes_to_verify();

/// Nothing if `scheme` is one that verify_password() takes, else the sentence that refuses it.
std::string refusal_of_scheme(std::string_view scheme);

} // namespace hearth::auth
