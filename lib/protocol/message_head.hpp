// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/wire.hpp"

#include <optional>

namespace hearth::protocol {

/// How every message of a conversation with several types begins: u32 magic, u8 version, u8 type. `Type` is the
/// conversation's enumeration of them, one number space for both directions, so a message in the wrong place is told.
template <class Type>
struct MessageHead {
    std::uint32_t magic = 0;
    std::uint8_t version = 1;

    [[nodiscard]] Writer begin(Type type) const {
        Writer out;
        out.u32(magic);
        out.u8(version);
        out.u8(static_cast<std::uint8_t>(type));
        return out;
    }
    /// The type, which may be none of the enumeration's; nothing if this is not of the conversation.
    [[nodiscard]] std::optional<Type> read(Reader& in) const {
        if (in.u32() != magic || in.u8() != version) return std::nullopt;
        const auto type = static_cast<Type>(in.u8());
        if (!in.ok()) return std::nullopt;
        return type;
    }
};

} // namespace hearth::protocol
