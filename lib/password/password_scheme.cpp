// SPDX-License-Identifier: Apache-2.0
#include "password/password_scheme.hpp"
#include "base/text.hpp"
#include "password/argon2_hash.hpp"
#include "password/crypt_hash.hpp"
#include "password/digest_hash.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <openssl/crypto.h>
#include <optional>

namespace hearth::auth {
namespace {

enum class Kind { plain, crypt, argon2i, argon2id, digest, salted_digest };

struct Scheme {
    std::string_view name;
    Kind kind;
    const char* method;                // crypt: prefix of its hashes; digests: OpenSSL's name
    bool generated = true;             // false: only read
    unsigned long cost = 0;            // crypt: for new hashes
    const char* salt_prefix = nullptr; // crypt: for new hashes, where it differs from `method`
};

// Best first; the aliases are Dovecot's.
constexpr Scheme schemes[] = {
    {"ARGON2ID", Kind::argon2id, ""},
    {"YESCRYPT", Kind::crypt, "$y$"},
    {"BLF-CRYPT", Kind::crypt, "$2", true, 10, "$2y$"},
    {"SHA512-CRYPT", Kind::crypt, "$6$"},
    {"SHA256-CRYPT", Kind::crypt, "$5$"},
    {"CRYPT", Kind::crypt, "", true, 0, "$6$"},
    {"SSHA512", Kind::salted_digest, "SHA512"},
    {"SSHA256", Kind::salted_digest, "SHA256"},
    {"PLAIN", Kind::plain, ""},
    {"CLEAR", Kind::plain, ""},
    {"CLEARTEXT", Kind::plain, ""},
    {"ARGON2I", Kind::argon2i, "", false},
    {"MD5-CRYPT", Kind::crypt, "$1$", false},
    {"MD5", Kind::crypt, "$1$", false},
    {"SSHA", Kind::salted_digest, "SHA1", false},
    {"SHA512", Kind::digest, "SHA512", false},
    {"SHA256", Kind::digest, "SHA256", false},
};

// Dovecot has them, Hearth doesn't: why, so that the log says more than "unknown".
struct Refused {
    std::string_view name, why;
};
constexpr Refused refused_schemes[] = {
    {"DES-CRYPT", "it looks at 8 bytes of the password only"},
    {"PLAIN-MD5", "an unsalted MD5 is guessed at once"},
    {"LDAP-MD5", "an unsalted MD5 is guessed at once"},
    {"SMD5", "MD5 is guessed too fast"},
    {"PLAIN-MD4", "an unsalted MD4 is guessed at once"},
    {"LANMAN", "it is broken"},
    {"NTLM", "an unsalted MD4 is guessed at once"},
    {"SHA", "an unsalted SHA-1 is guessed at once"},
    {"SHA1", "an unsalted SHA-1 is guessed at once"},
    {"CRAM-MD5", "Hearth doesn't offer that mechanism"},
    {"HMAC-MD5", "Hearth doesn't offer that mechanism"},
    {"DIGEST-MD5", "Hearth doesn't offer that mechanism"},
    {"SCRAM-SHA-1", "Hearth doesn't offer that mechanism"},
    {"SCRAM-SHA-256", "Hearth doesn't offer that mechanism"},
    {"OTP", "Hearth doesn't offer that mechanism"},
    {"PBKDF2", "Hearth doesn't read it yet"},
};

const Scheme* find_scheme(std::string_view name) {
    const auto found = std::find_if(std::begin(schemes), std::end(schemes),
        [&](const Scheme& scheme) { return equal_ignoring_case(scheme.name, name); });
    return found == std::end(schemes) ? nullptr : &*found;
}

std::string refusal(std::string_view name) {
    for (const auto& refused : refused_schemes) {
        if (equal_ignoring_case(refused.name, name))
            return fmt::format(
                "the password scheme {} is refused: {}; make a new hash with `hearth pw`", refused.name, refused.why);
    }
    const auto near = nearest(to_upper(name), schemes_to_verify());
    return fmt::format("unknown password scheme {}{}", printable(name, 32),
        near.empty() ? std::string() : fmt::format(", did you mean {}?", near));
}

// `{SCHEME.b64}hash` taken apart.
struct Stored {
    std::string_view scheme, hash;
    std::optional<Encoding> encoding; // nothing: one that doesn't exist
};

std::optional<Encoding> encoding_named(std::string_view name) {
    if (name.empty()) return Encoding::none;
    if (equal_ignoring_case(name, "b64") || equal_ignoring_case(name, "base64")) return Encoding::base64;
    if (equal_ignoring_case(name, "hex")) return Encoding::hex;
    return std::nullopt;
}

Stored take_apart(std::string_view stored, std::string_view assumed_scheme) {
    Stored result{assumed_scheme, stored, Encoding::none};
    if (stored.starts_with('{')) {
        if (const auto end = stored.find('}'); end != std::string_view::npos) {
            result.scheme = stored.substr(1, end - 1);
            result.hash = stored.substr(end + 1);
        }
    }
    if (const auto dot = result.scheme.find('.'); dot != std::string_view::npos) {
        result.encoding = encoding_named(result.scheme.substr(dot + 1));
        result.scheme = result.scheme.substr(0, dot);
    }
    return result;
}

Verification verify_plain(std::string_view stored, std::string_view password) {
    if (stored.empty()) return {Verdict::unusable, "no password is set"};
    // The length may show in the time; the bytes don't.
    const bool equal =
        stored.size() == password.size() && CRYPTO_memcmp(stored.data(), password.data(), stored.size()) == 0;
    return {equal ? Verdict::match : Verdict::mismatch, {}};
}

Verification verify_decoded(const Scheme& scheme, std::string_view hash, std::string_view password) {
    if (scheme.kind == Kind::argon2id || (scheme.name == "CRYPT" && hash.starts_with("$argon2id$")))
        return verify_argon2(hash, password, Argon2::id);
    if (scheme.kind == Kind::argon2i || (scheme.name == "CRYPT" && hash.starts_with("$argon2i$")))
        return verify_argon2(hash, password, Argon2::i);
    if (scheme.kind == Kind::plain) return verify_plain(hash, password);
    return verify_crypt(hash, password, scheme.method);
}

} // namespace

Verification verify_password(std::string_view stored, std::string_view password, std::string_view assumed_scheme) {
    if (stored.empty()) return {Verdict::unusable, "no password is set"};
    const auto parts = take_apart(stored, assumed_scheme);
    const auto* scheme = find_scheme(parts.scheme);
    if (scheme == nullptr) return {Verdict::unusable, refusal(parts.scheme)};
    if (!parts.encoding) return {Verdict::unusable, "unknown encoding of the stored password: b64 and hex are known"};
    if (password.size() > password_bytes_max) return {Verdict::mismatch, {}};
    if (scheme->kind == Kind::digest || scheme->kind == Kind::salted_digest)
        return verify_digest(
            parts.hash, password, scheme->method, scheme->kind == Kind::salted_digest, *parts.encoding);
    auto hash = decode(*parts.encoding, parts.hash);
    if (!hash) return {Verdict::unusable, "the stored password is damaged: it isn't in the encoding it names"};
    auto verification = verify_decoded(*scheme, *hash, password);
    wipe(*hash);
    return verification;
}

Checked<std::string> generate(std::string_view scheme_name, std::string_view password) {
    const auto* scheme = find_scheme(scheme_name);
    if (scheme == nullptr) return Complaint{refusal(scheme_name)};
    if (!scheme->generated) {
        return Complaint{fmt::format(
            "Hearth reads {} but makes no new ones: it is too weak today. Use ARGON2ID or SHA512-CRYPT", scheme->name)};
    }
    if (password.empty()) return Complaint{"the password is empty"};
    if (password.size() > password_bytes_max)
        return Complaint{fmt::format("a password has at most {} bytes", password_bytes_max)};
    Checked<std::string> hash(boost::system::in_place_value, password);
    switch (scheme->kind) {
    case Kind::plain: break;
    case Kind::argon2i:
    case Kind::argon2id: hash = generate_argon2id(password); break;
    case Kind::digest:
    case Kind::salted_digest: hash = generate_salted_digest(scheme->method, password); break;
    case Kind::crypt:
        hash = generate_crypt(
            scheme->salt_prefix != nullptr ? scheme->salt_prefix : scheme->method, scheme->cost, password);
        break;
    }
    if (!hash) return hash;
    return Checked<std::string>(boost::system::in_place_value, fmt::format("{{{}}}{}", scheme->name, *hash));
}

std::vector<std::string_view> schemes_to_generate() {
    std::vector<std::string_view> names;
    for (const auto& scheme : schemes)
        if (scheme.generated) names.push_back(scheme.name);
    return names;
}

std::vector<std::string_view> schemes_to_verify() {
    std::vector<std::string_view> names;
    for (const auto& scheme : schemes)
        names.push_back(scheme.name);
    return names;
}

std::string refusal_of_scheme(std::string_view scheme) {
    const auto parts = take_apart({}, scheme);
    if (find_scheme(parts.scheme) == nullptr) return refusal(parts.scheme);
    return parts.encoding ? std::string() : "unknown encoding of a password scheme: b64 and hex are known";
}

} // namespace hearth::auth
