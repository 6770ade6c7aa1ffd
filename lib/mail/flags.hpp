// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hearth::mail {

/// The system flags of RFC 9051 section 2.3.2 as bits. \Recent is not one: it belongs to a session, not to a message.
enum class Flag : std::uint8_t { seen = 1, answered = 2, flagged = 4, deleted = 8, draft = 16 };

/// A set of system flags.
struct Flags {
    std::uint8_t bits = 0;

    [[nodiscard]] bool has(Flag flag) const { return (bits & static_cast<std::uint8_t>(flag)) != 0; }
    void set(Flag flag) { bits = static_cast<std::uint8_t>(bits | static_cast<std::uint8_t>(flag)); }
    void clear(Flag flag) { bits = static_cast<std::uint8_t>(bits & ~static_cast<std::uint8_t>(flag)); }
    bool operator==(const Flags&) const = default;
};

} // namespace hearth::mail
