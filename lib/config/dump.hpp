// SPDX-License-Identifier: Apache-2.0
// For `hearth conf`. As data (for --json) it is Settings::effective itself.
#pragma once

#include "config/settings.hpp"

#include <string>

namespace hearth::config {

struct DumpOptions {
    bool only_changed = false; ///< -n: only what is not a default
    bool origins = true;       ///< "# file:line" or "# default" behind each value
    bool secrets = false;      ///< values that hold a password are shown, not left out
};

/// The configuration in its own syntax: loading the result (with secrets) gives the same effective values.
std::string dump(const Settings& settings, const DumpOptions& options = {});

/// Does the value hold a password (`password=` in args, ssl_key_password, ...)? Then only who asked may see it.
bool holds_password(const Entry& entry);

/// `value` as it must be written behind `key = ` (quoted when needed).
std::string quote(const std::string& value);

} // namespace hearth::config
