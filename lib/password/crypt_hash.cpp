// SPDX-License-Identifier: Apache-2.0
#include "password/crypt_hash.hpp"

#include <algorithm>
#include <array>
#include <crypt.h>
#include <fmt/format.h>
#include <memory>
#include <openssl/crypto.h>
#include <string.h>

namespace hearth::auth {
namespace {

// What is fit for use; left out are traditional DES (8 bytes of password, 56 bits) and $3$ (unsalted MD4).
constexpr std::array<std::string_view, 9> usable_prefixes{
    "$6$", "$5$", "$y$", "$gy$", "$7$", "$2y$", "$2b$", "$2a$", "$1$"};

constexpr std::size_t bcrypt_password_bytes = 72; // bcrypt looks at no more

// 32 kB that hold the password: on the heap, wiped.
struct CryptState {
    CryptState() : data(std::make_unique<crypt_data>()) {}
    ~CryptState() { ::explicit_bzero(data.get(), sizeof *data); }
    CryptState(const CryptState&) = delete;
    CryptState& operator=(const CryptState&) = delete;
    std::unique_ptr<crypt_data> data;
};

// crypt(3) takes C strings: a password with a NUL would be cut there and match its first half.
bool fits_crypt(std::string_view password) {
    return password.size() < CRYPT_MAX_PASSPHRASE_SIZE && password.find('\0') == std::string_view::npos;
}

std::string hash_with(const std::string& setting, std::string_view password) {
    CryptState state;
    std::string phrase(password);
    const char* result = ::crypt_r(phrase.c_str(), setting.c_str(), state.data.get());
    ::explicit_bzero(phrase.data(), phrase.size());
    if (result == nullptr || *result == '*') return {};
    return result;
}

} // namespace

Verification verify_crypt(std::string_view hash, std::string_view password, std::string_view prefix) {
    if (hash.empty()) return {Verdict::unusable, "no password is set"};
    if (hash.front() == '!' || hash.front() == '*') return {Verdict::unusable, "the account is locked"};
    const auto begins = [&](std::string_view usable) { return hash.starts_with(usable); };
    if (!hash.starts_with(prefix) || !std::any_of(usable_prefixes.begin(), usable_prefixes.end(), begins)) {
        if (!prefix.empty()) return {Verdict::unusable, fmt::format("the stored hash doesn't begin with {}", prefix)};
        return {Verdict::unusable,
            "the stored hash is not a crypt(3) hash Hearth takes (traditional DES is refused: it "
            "looks at 8 bytes of the password only); make a new one with `hearth pw`"};
    }
    const std::string setting(hash);
    if (setting.find('\0') != std::string::npos || ::crypt_checksalt(setting.c_str()) == CRYPT_SALT_INVALID)
        return {Verdict::unusable, "the stored crypt(3) hash is damaged"};
    if (!fits_crypt(password)) return {Verdict::mismatch, {}};
    const auto computed = hash_with(setting, password);
    if (computed.empty()) return {Verdict::unusable, "the stored crypt(3) hash is damaged"};
    const bool equal = computed.size() == hash.size() && CRYPTO_memcmp(computed.data(), hash.data(), hash.size()) == 0;
    return {equal ? Verdict::match : Verdict::mismatch, {}};
}

Checked<std::string> generate_crypt(const char* prefix, unsigned long cost, std::string_view password) {
    if (password.find('\0') != std::string_view::npos)
        return Complaint{"a password for crypt(3) can't hold a NUL byte"};
    if (!fits_crypt(password))
        return Complaint{fmt::format("crypt(3) takes passwords of at most {} bytes", CRYPT_MAX_PASSPHRASE_SIZE - 1)};
    if (std::string_view(prefix).starts_with("$2") && password.size() > bcrypt_password_bytes) {
        return Complaint{
            fmt::format("BLF-CRYPT looks at the first {} bytes of a password only; this one has {}: use ARGON2ID",
                bcrypt_password_bytes, password.size())};
    }
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    if (::crypt_gensalt_rn(prefix, cost, nullptr, 0, setting.data(), static_cast<int>(setting.size())) == nullptr)
        return Complaint{fmt::format("this system's libcrypt can't make hashes that begin with {}", prefix)};
    auto hash = hash_with(setting.data(), password);
    if (hash.empty())
        return Complaint{fmt::format("this system's libcrypt failed to make a hash that begins with {}", prefix)};
    return Checked<std::string>(boost::system::in_place_value, std::move(hash));
}

} // namespace hearth::auth
