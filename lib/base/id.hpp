// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace hearth {

/// 128 random bits that name a session from login to logout, in every process and log line. Made by auth.
struct SessionId {
    std::array<std::uint8_t, 16> bytes{};

    auto operator<=>(const SessionId&) const = default;
    /// 32 lower-case hexadecimal digits.
    [[nodiscard]] std::string text() const;
    static SessionId random();
    static std::optional<SessionId> parse(std::string_view text);
};

/// Lower-case hexadecimal of `size` bytes at `data`.
std::string to_hex(const void* data, std::size_t size);

} // namespace hearth

template <>
struct std::hash<hearth::SessionId> {
    std::size_t operator()(const hearth::SessionId& id) const noexcept {
        // The id is random already; a process that could choose ids could only slow its own lookups down.
        std::size_t value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i) value = (value << 8) | id.bytes[i];
        return value;
    }
};
