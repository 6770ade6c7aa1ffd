// SPDX-License-Identifier: Apache-2.0
#include "store/message_ids.hpp"

#include "base/ensure.hpp"

#include <array>
#include <openssl/evp.h>

namespace hearth::store {
namespace {

using Digest = std::array<unsigned char, 32>;

Digest sha256(std::string_view text) {
    Digest digest{};
    unsigned int size = 0;
    ensure(::EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1, "SHA-256 works");
    return digest;
}

// 24 digits of RFC 4648's base 32: 120 bits.
std::string hashed_id(char kind, std::string_view text) {
    constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz234567";
    const auto digest = sha256(text);
    std::string id(1, kind);
    std::uint32_t bits = 0;
    int count = 0;
    for (std::size_t i = 0; i < 15; ++i) {
        bits = bits << 8 | digest[i];
        for (count += 8; count >= 5; count -= 5)
            id += digits[bits >> (count - 5) & 31];
    }
    return id;
}

} // namespace

std::string email_id_of(std::string_view guid) {
    return hashed_id('M', guid);
}

std::string thread_id_of(std::string_view root_message_id) {
    return hashed_id('T', root_message_id);
}

std::string mailbox_id_of(std::string_view mailbox_guid) {
    return mailbox_guid.empty() ? std::string() : "F" + std::string(mailbox_guid);
}

std::int64_t hash_of(std::string_view text) {
    const auto digest = sha256(text);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
        value = value << 8 | digest[i];
    return static_cast<std::int64_t>(value >> 1);
}

} // namespace hearth::store
