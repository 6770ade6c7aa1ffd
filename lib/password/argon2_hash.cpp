// SPDX-License-Identifier: Apache-2.0
#include "password/argon2_hash.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

#include <argon2.h>
#include <array>
#include <fmt/format.h>
#include <span>

namespace hearth::auth {
namespace {

constexpr std::uint32_t memory_kib = 19 * 1024, passes = 2, lanes = 1;
constexpr std::size_t salt_bytes = 16, hash_bytes = 32;

// The m= of "$argon2id$v=19$m=19456,t=2,p=1$...", or nothing.
std::optional<std::uint64_t> memory_of(std::string_view hash) {
    for (const auto part : split(hash, '$')) {
        if (!part.starts_with("m=")) continue;
        return parse_u64(split(part.substr(2), ',').front());
    }
    return std::nullopt;
}

} // namespace

Verification verify_argon2(std::string_view hash, std::string_view password, Argon2 type) {
    const std::string_view prefix = type == Argon2::id ? "$argon2id$" : "$argon2i$";
    if (!hash.starts_with(prefix))
        return {Verdict::unusable, fmt::format("the stored hash doesn't begin with {}", prefix)};
    const auto memory = memory_of(hash);
    if (!memory || hash.find('\0') != std::string_view::npos)
        return {Verdict::unusable, "the stored Argon2 hash is damaged"};
    if (*memory > argon2_memory_kib_max) {
        return {Verdict::unusable,
            fmt::format("the stored Argon2 hash asks for {} KiB of memory, more than the {} KiB that "
                        "one verification may take",
                *memory, argon2_memory_kib_max)};
    }
    const std::string encoded(hash);
    // Compares in constant time itself.
    const int result =
        ::argon2_verify(encoded.c_str(), password.data(), password.size(), type == Argon2::id ? Argon2_id : Argon2_i);
    if (result == ARGON2_OK) return {Verdict::match, {}};
    if (result == ARGON2_VERIFY_MISMATCH) return {Verdict::mismatch, {}};
    return {
        Verdict::unusable, fmt::format("the stored Argon2 hash can't be checked: {}", ::argon2_error_message(result))};
}

Checked<std::string> generate_argon2id(std::string_view password) {
    std::array<std::byte, salt_bytes> salt{};
    fill_random(salt);
    std::string encoded(::argon2_encodedlen(passes, memory_kib, lanes, salt_bytes, hash_bytes, Argon2_id), '\0');
    const int result = ::argon2id_hash_encoded(passes, memory_kib, lanes, password.data(), password.size(), salt.data(),
        salt.size(), hash_bytes, encoded.data(), encoded.size());
    if (result != ARGON2_OK) return Complaint{fmt::format("Argon2 failed: {}", ::argon2_error_message(result))};
    encoded.resize(encoded.find('\0'));
    return Checked<std::string>(boost::system::in_place_value, std::move(encoded));
}

} // namespace hearth::auth
