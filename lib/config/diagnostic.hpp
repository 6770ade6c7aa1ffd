// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/origin.hpp"

#include <string>
#include <string_view>

namespace hearth::config {

enum class Severity { error, note };

/// Something to tell the administrator about one place of the configuration.
struct Diagnostic {
    Severity severity = Severity::error;
    Origin origin;
    std::string message;
    std::string line; ///< the line of text, as it stands in the file
    std::string hint; ///< what to write instead; may be empty

    bool operator==(const Diagnostic&) const = default;
    /// As printed, with a newline at the end:
    ///     file:line:column: error: message
    ///         the line of text
    ///                ^
    ///         hint: what to write instead
    /// Passwords (what follows `password =` or `password=`) and control bytes of the line are not shown.
    [[nodiscard]] std::string text() const;
};

} // namespace hearth::config
