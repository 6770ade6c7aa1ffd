// SPDX-License-Identifier: Apache-2.0
// The one place where what a client typed becomes a user's canonical name (reliability T27). Everything behind it,
// passwd-files, paths, workers and logs, only ever sees the canonical form.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace hearth::auth {

/// auth_username_chars of Dovecot.
constexpr std::string_view username_chars_default =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890.-_@";

/// The settings auth_username_format, auth_username_chars, auth_username_translation and auth_default_realm.
struct UsernameRules {
    std::string format = "%Lu";
    std::string chars{username_chars_default}; ///< empty: every printable character but "/" and "\"
    std::string translation;                   ///< pairs: each first character becomes the second one
    std::string default_realm;                 ///< "@realm" is appended to names without one; empty: nothing
};

/// The canonical name, or why this can't be one: empty, longer than protocol::user_bytes_max, a character that isn't
/// allowed, or a part that a path would take for "." or "..". Order: realm, translation, characters, format.
/// Giving it a canonical name again changes nothing.
Checked<std::string> canonical_user(std::string_view typed, const UsernameRules& rules);

} // namespace hearth::auth
