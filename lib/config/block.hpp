// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/origin.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hearth::config {

/// One setting with its effective value, in canonical text ("yes", "5 mins", "256 M", "0600", words with one blank).
struct Entry {
    std::string key, value;
    Origin origin;
    bool secret = false; ///< holds a password, or may: not for logs

    [[nodiscard]] bool is_default() const { return origin.is_default(); }
    bool operator==(const Entry&) const = default;
};

/// A section with its settings and inner sections, in order. The outermost has neither type nor name.
struct Block {
    std::string type, name;
    std::vector<Entry> entries;
    std::vector<Block> blocks;
    Origin origin;

    bool operator==(const Block&) const = default;
    /// The entry of this key, or null.
    [[nodiscard]] const Entry* find(std::string_view key) const;
    [[nodiscard]] Entry* find(std::string_view key);
    /// The value of this key; empty when there is none.
    [[nodiscard]] std::string_view text(std::string_view key) const;
    /// The first inner section of this type and name, or null.
    [[nodiscard]] const Block* find(std::string_view inner_type, std::string_view inner_name) const;
    [[nodiscard]] Block* find(std::string_view inner_type, std::string_view inner_name);
};

} // namespace hearth::config
