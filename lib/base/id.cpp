// SPDX-License-Identifier: Apache-2.0
#include "base/id.hpp"
#include "base/random.hpp"

#include <span>

namespace hearth {

std::string to_hex(const void* data, std::size_t size) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(size * 2);
    const auto* byte = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) {
        text += digits[byte[i] >> 4];
        text += digits[byte[i] & 15];
    }
    return text;
}

std::string SessionId::text() const {
    return to_hex(bytes.data(), bytes.size());
}

SessionId SessionId::random() {
    SessionId id;
    fill_random(std::as_writable_bytes(std::span(id.bytes)));
    return id;
}

std::optional<SessionId> SessionId::parse(std::string_view text) {
    SessionId id;
    if (text.size() != id.bytes.size() * 2) return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        int digit = -1;
        if (c >= '0' && c <= '9') digit = c - '0';
        if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
        if (digit < 0) return std::nullopt;
        id.bytes[i / 2] = static_cast<std::uint8_t>((id.bytes[i / 2] << 4) | digit);
    }
    return id;
}

} // namespace hearth
