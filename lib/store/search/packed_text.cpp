// SPDX-License-Identifier: Apache-2.0
#include "store/search/packed_text.hpp"

#include "base/ensure.hpp"

#include <zlib.h>

namespace hearth::store {
namespace {

// The size in front, little-endian.
constexpr std::size_t size_bytes = 4;
// What full_text() gives is smaller.
constexpr std::size_t text_bytes_max = std::size_t{1} << 20;

const Bytef* as_bytes(std::string_view text) {
    return reinterpret_cast<const Bytef*>(text.data());
}

} // namespace

// Columns end with NUL, which isn't in any of them.
std::string pack(const mail::FullText& text) {
    std::string plain;
    for (const auto& column : text)
        plain.append(column).append(1, '\0');
    auto bytes = compressBound(plain.size());
    std::string packed(size_bytes + bytes, '\0');
    for (std::size_t i = 0; i < size_bytes; ++i)
        packed[i] = static_cast<char>(plain.size() >> (8 * i) & 0xff);
    const int code =
        compress2(reinterpret_cast<Bytef*>(packed.data() + size_bytes), &bytes, as_bytes(plain), plain.size(), 1);
    ensure(code == Z_OK, "zlib compresses into as many bytes as it asked for");
    packed.resize(size_bytes + bytes);
    return packed;
}

std::optional<mail::FullText> unpack(std::string_view bytes) {
    if (bytes.size() < size_bytes) return std::nullopt;
    std::size_t size = 0;
    for (std::size_t i = 0; i < size_bytes; ++i)
        size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    bytes.remove_prefix(size_bytes);
    if (size > text_bytes_max) return std::nullopt;
    std::string plain(size, '\0');
    uLongf got = size;
    if (uncompress(reinterpret_cast<Bytef*>(plain.data()), &got, as_bytes(bytes), bytes.size()) != Z_OK || got != size)
        return std::nullopt;
    mail::FullText text;
    std::size_t begin = 0;
    for (auto& column : text) {
        const auto end = plain.find('\0', begin);
        if (end == std::string::npos) return std::nullopt;
        column = plain.substr(begin, end - begin);
        begin = end + 1;
    }
    if (begin != plain.size()) return std::nullopt;
    return text;
}

} // namespace hearth::store
