// SPDX-License-Identifier: Apache-2.0
// How all binary messages between our processes are written down: fixed-width integers in network order, byte strings
// behind a length. Each conversation has one header beside this one, with its own magic and version.
#pragma once

#include "base/id.hpp"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace hearth::protocol {

/// Appends to a buffer of its own. Lengths are checked against the bounds of the message by its encode function.
class Writer {
public:
    void u8(std::uint8_t value) { buffer_ += static_cast<char>(value); }
    void u16(std::uint16_t value) { number(value); }
    void u32(std::uint32_t value) { number(value); }
    void u64(std::uint64_t value) { number(value); }
    /// u16 length, then the bytes; longer text is cut (callers check what must not be).
    void text(std::string_view value);
    /// u32 length, then the bytes.
    void blob(std::string_view value);
    void raw(std::string_view value) { buffer_ += value; }
    void id(const SessionId& value) { buffer_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()); }
    template <std::size_t n>
    void bytes(const std::array<std::uint8_t, n>& value) {
        buffer_.append(reinterpret_cast<const char*>(value.data()), n);
    }
    [[nodiscard]] std::string take() { return std::move(buffer_); }

private:
    template <class T>
    void number(T value) {
        for (int shift = static_cast<int>(sizeof value - 1) * 8; shift >= 0; shift -= 8)
            buffer_ += static_cast<char>(static_cast<std::uint8_t>(value >> shift));
    }
    std::string buffer_;
};

/// Reads hostile bytes. After the first thing that doesn't fit, `ok()` is false for good and all reads give zero or
/// empty; so a decoder reads everything and asks once at the end.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}
    std::uint8_t u8() { return number<std::uint8_t>(); }
    std::uint16_t u16() { return number<std::uint16_t>(); }
    std::uint32_t u32() { return number<std::uint32_t>(); }
    std::uint64_t u64() { return number<std::uint64_t>(); }
    /// At most `limit` bytes; a longer one is an error. The view points into the message.
    std::string_view text(std::size_t limit);
    std::string_view blob(std::size_t limit);
    SessionId id();
    template <std::size_t n>
    std::array<std::uint8_t, n> bytes() {
        std::array<std::uint8_t, n> value{};
        const auto got = raw(n);
        if (got.size() == n) std::memcpy(value.data(), got.data(), n);
        return value;
    }
    std::string_view raw(std::size_t size);
    /// A count of things that take at least `least_bytes` each: more than could be there is an error.
    std::uint32_t count(std::uint32_t limit, std::size_t least_bytes);
    [[nodiscard]] bool ok() const { return ok_; }
    /// Everything was read and all of it fitted.
    [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }
    [[nodiscard]] std::size_t left() const { return rest_.size(); }
    void fail() {
        ok_ = false;
        rest_ = {};
    }

private:
    template <class T>
    T number() {
        T value = 0;
        for (const char c : raw(sizeof(T))) value = static_cast<T>((value << 8 * (sizeof(T) > 1)) | static_cast<std::uint8_t>(c));
        return value;
    }
    std::string_view rest_;
    bool ok_ = true;
};

} // namespace hearth::protocol
