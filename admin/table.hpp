// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::admin {

/// Rows of text with a head, printed in aligned columns (numbers to the right); the last column isn't padded.
class Table {
public:
    explicit Table(std::vector<std::string> head);
    /// As many cells as the head has.
    void add(std::vector<std::string> row);
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// "4m 59s", "12s", "340ms": at most two units.
std::string duration_text(std::uint64_t milliseconds);
/// "1.2M", "640k".
std::string bytes_text(std::uint64_t bytes);

} // namespace hearth::admin
