// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire.hpp"

#include <algorithm>

namespace hearth::protocol {

void Writer::text(std::string_view value) {
    value = value.substr(0, 0xffff);
    u16(static_cast<std::uint16_t>(value.size()));
    raw(value);
}

void Writer::blob(std::string_view value) {
    u32(static_cast<std::uint32_t>(value.size()));
    raw(value);
}

std::string_view Reader::raw(std::size_t size) {
    if (size > rest_.size()) {
        fail();
        return {};
    }
    const auto value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
}

std::string_view Reader::text(std::size_t limit) {
    const std::size_t size = u16();
    if (size > limit) fail();
    return ok_ ? raw(size) : std::string_view{};
}

std::string_view Reader::blob(std::size_t limit) {
    const std::size_t size = u32();
    if (size > limit) fail();
    return ok_ ? raw(size) : std::string_view{};
}

SessionId Reader::id() {
    return SessionId{bytes<16>()};
}

std::uint32_t Reader::count(std::uint32_t limit, std::size_t least_bytes) {
    const auto value = u32();
    if (value > limit || value > rest_.size() / std::max<std::size_t>(1, least_bytes)) {
        fail();
        return 0;
    }
    return value;
}

} // namespace hearth::protocol
