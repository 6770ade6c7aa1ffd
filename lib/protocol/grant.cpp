// SPDX-License-Identifier: Apache-2.0
#include "protocol/grant.hpp"
#include "base/ensure.hpp"
#include "protocol/limits.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace hearth::protocol {
namespace {

constexpr std::uint32_t magic = 0x48475254; // "HGRT"
constexpr std::uint16_t version = 1;

void put(Writer& out, const Identity& identity) {
    out.text(identity.user);
    out.u32(identity.uid);
    out.u32(identity.gid);
    out.u32(static_cast<std::uint32_t>(identity.groups.size()));
    for (const auto group : identity.groups) out.u32(group);
    out.text(identity.home);
    out.text(identity.mail_location);
    out.u32(static_cast<std::uint32_t>(identity.policy.size()));
    for (const auto& [key, value] : identity.policy) {
        out.text(key);
        out.text(value);
    }
}

Identity get_identity(Reader& in) {
    Identity identity;
    identity.user = in.text(user_bytes_max);
    identity.uid = in.u32();
    identity.gid = in.u32();
    for (auto n = in.count(groups_max, 4); n > 0; --n) identity.groups.push_back(in.u32());
    identity.home = in.text(path_bytes_max);
    identity.mail_location = in.text(path_bytes_max);
    for (auto n = in.count(policy_max, 4); n > 0; --n) {
        std::string key(in.text(service_bytes_max));
        identity.policy.emplace_back(std::move(key), in.text(reason_bytes_max));
    }
    return identity;
}

} // namespace

std::string encode(const Grant& grant) {
    Writer out;
    out.u32(magic);
    out.u16(version);
    out.text(grant.service);
    put(out, grant.identity);
    out.id(grant.session);
    out.u32(grant.generation);
    out.u64(to_wire(grant.expires));
    out.bytes(grant.tag);
    return out.take();
}

std::optional<Grant> decode_grant(std::string_view record) {
    Reader in(record);
    if (in.u32() != magic || in.u16() != version) return std::nullopt;
    Grant grant;
    grant.service = in.text(service_bytes_max);
    grant.identity = get_identity(in);
    grant.session = in.id();
    grant.generation = in.u32();
    const auto expires = in.u64();
    grant.expires = time_from_wire(expires);
    grant.tag = in.bytes<32>();
    const bool in_range = to_wire(grant.expires) == expires;
    if (!in.done() || !in_range || grant.identity.user.empty() || grant.service.empty()) return std::nullopt;
    return grant;
}

namespace {

// OpenSSL looks an algorithm up by its name each time unless it is fetched once; that costs more than a short hash.
const EVP_MD* sha256() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    ensure(fetched != nullptr, "OpenSSL has no SHA-256");
    return fetched;
}

} // namespace

IdentityHash identity_hash(std::string_view service, const Identity& identity) {
    Writer out;
    out.text(service);
    put(out, identity);
    const auto bytes = out.take();
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    ensure(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, sha256(), nullptr) == 1, "SHA-256 failed");
    IdentityHash hash;
    std::copy_n(digest.begin(), hash.size(), hash.begin());
    return hash;
}

Tag identity_tag(const Key& key, std::string_view service, const IdentityHash& hash, std::string_view user) {
    Writer out;
    out.text(service);
    out.bytes(hash);
    out.text(user);
    const auto bytes = out.take();
    Tag tag;
    unsigned int size = 0;
    const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
        reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), tag.data(), &size);
    ensure(done != nullptr && size == tag.size(), "HMAC-SHA256 failed");
    return tag;
}

bool equal_tags(const Tag& a, const Tag& b) {
    return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace hearth::protocol
