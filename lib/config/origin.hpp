// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace hearth::config {

/// Where something was written. Lines and columns (bytes) count from 1; no file: a built-in default.
struct Origin {
    std::string file;
    std::uint32_t line = 0, column = 0;

    auto operator<=>(const Origin&) const = default;
    [[nodiscard]] bool is_default() const { return file.empty(); }
    /// "file:line", or "default".
    [[nodiscard]] std::string text() const;
};

} // namespace hearth::config
