// SPDX-License-Identifier: Apache-2.0
#include "password/digest_hash.hpp"
#include "base/random.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace hearth::auth {
namespace {

constexpr std::size_t salt_bytes = 8;
constexpr std::size_t encoded_bytes_max = 1024;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<std::string> decode_base64(std::string_view text) {
    const auto is_blank = [](unsigned char c) { return std::isspace(c) != 0; };
    if (text.empty() || std::any_of(text.begin(), text.end(), is_blank)) return std::nullopt;
    std::string padded(text.substr(0, std::min(text.find('='), text.size())));
    const auto padding = (4 - padded.size() % 4) % 4;
    const auto given = text.size() - padded.size();
    if (padding == 3 || (given != 0 && given != padding)) return std::nullopt;
    if (text.find_first_not_of('=', padded.size()) != std::string_view::npos) return std::nullopt;
    padded.append(padding, '=');
    std::string decoded(padded.size() / 4 * 3, '\0');
    const int size = ::EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(decoded.data()), bytes_of(padded), static_cast<int>(padded.size()));
    if (size < 0) return std::nullopt;
    decoded.resize(static_cast<std::size_t>(size) - padding); // EVP_DecodeBlock counts the padding as bytes
    return decoded;
}

std::optional<std::string> decode_hex(std::string_view text) {
    const auto is_digit = [](unsigned char c) { return std::isxdigit(c) != 0; };
    if (text.empty() || text.size() % 2 != 0 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    const std::string terminated(text);
    long size = 0;
    const auto free_buffer = [](unsigned char* buffer) { OPENSSL_free(buffer); };
    const std::unique_ptr<unsigned char, decltype(free_buffer)> buffer(
        ::OPENSSL_hexstr2buf(terminated.c_str(), &size), free_buffer);
    if (!buffer) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(buffer.get()), static_cast<std::size_t>(size));
}

// Empty when OpenSSL doesn't have the digest.
std::string digest_of(const char* name, std::string_view password, std::string_view salt) {
    const std::unique_ptr<EVP_MD, decltype(&::EVP_MD_free)> md(::EVP_MD_fetch(nullptr, name, nullptr), ::EVP_MD_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context(::EVP_MD_CTX_new(), ::EVP_MD_CTX_free);
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    if (!md || !context || ::EVP_DigestInit_ex(context.get(), md.get(), nullptr) != 1 ||
        ::EVP_DigestUpdate(context.get(), password.data(), password.size()) != 1 ||
        ::EVP_DigestUpdate(context.get(), salt.data(), salt.size()) != 1 ||
        ::EVP_DigestFinal_ex(context.get(), out.data(), &size) != 1)
        return {};
    return {reinterpret_cast<const char*>(out.data()), size};
}

} // namespace

std::optional<std::string> decode(Encoding encoding, std::string_view text) {
    if (text.size() > encoded_bytes_max) return std::nullopt;
    switch (encoding) {
    case Encoding::none: return std::string(text);
    case Encoding::base64: return decode_base64(text);
    case Encoding::hex: return decode_hex(text);
    }
    return std::nullopt;
}

Verification verify_digest(
    std::string_view hash, std::string_view password, const char* digest, bool salted, Encoding encoding) {
    const auto size = digest_of(digest, "", "").size();
    if (size == 0) return {Verdict::unusable, std::string("OpenSSL has no digest ") + digest};
    std::optional<std::string> raw;
    if (encoding == Encoding::none && !salted && hash.size() == 2 * size) raw = decode(Encoding::hex, hash);
    if (!raw) raw = decode(encoding == Encoding::none ? Encoding::base64 : encoding, hash);
    if (!raw || (salted ? raw->size() <= size : raw->size() != size))
        return {Verdict::unusable, "the stored digest is damaged"};
    const auto computed = digest_of(digest, password, std::string_view(*raw).substr(size));
    if (computed.size() != size) return {Verdict::unusable, std::string("OpenSSL has no digest ") + digest};
    return {CRYPTO_memcmp(computed.data(), raw->data(), size) == 0 ? Verdict::match : Verdict::mismatch, {}};
}

Checked<std::string> generate_salted_digest(const char* digest, std::string_view password) {
    std::array<std::byte, salt_bytes> random{};
    fill_random(random);
    const std::string_view salt(reinterpret_cast<const char*>(random.data()), random.size());
    auto raw = digest_of(digest, password, salt);
    if (raw.empty()) return Complaint{std::string("OpenSSL has no digest ") + digest};
    raw += salt;
    std::string encoded((raw.size() + 2) / 3 * 4 + 1, '\0'); // EVP_EncodeBlock ends with a NUL
    const int size = ::EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(encoded.data()), bytes_of(raw), static_cast<int>(raw.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return Checked<std::string>(boost::system::in_place_value, std::move(encoded));
}

} // namespace hearth::auth
