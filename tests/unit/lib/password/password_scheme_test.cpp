// SPDX-License-Identifier: Apache-2.0
#include "password/argon2_hash.hpp"
#include "password/digest_hash.hpp"
#include "password/password_scheme.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace hearth::auth;

namespace {

struct Known {
    const char* stored;
    const char* password;
};

// Made by Dovecot 2.3's `doveadm pw` unless another source stands beside it.
const Known known[] = {
    {"{PLAIN}Secret pass 1", "Secret pass 1"},
    {"{clear}Secret pass 1", "Secret pass 1"},
    {"{CLEARTEXT}Secret pass 1", "Secret pass 1"},
    {"{PLAIN.B64}U2VjcmV0IHBhc3MgMQ==", "Secret pass 1"},
    {"{MD5-CRYPT}$1$4QWodkE8$MB./mXUwux67xa3kwi8sP1", "Secret pass 1"},
    {"{MD5}$1$t0aQufgf$ubeAMpdchzOdxWMb/Au.q.", "Secret pass 1"},
    {"{SHA256-CRYPT}$5$ZUP2izFnLkJSmYEe$0rhzxS4wUiQyNp9373YcMitvmQpRrijBJ7RT6M48nm4", "Secret pass 1"},
    {"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"}, // glibc's sha256c-test
    {"{SHA512-CRYPT}$6$7LbfVbVAR31rQJMn$UK7gqmQALYAoEYrqRmTVNVwIhGJTwut0C0tvWTpN8r5EvFVNxehrQ4ksgK5Z3dAihRetv0iZD3."
     "yBbfyXhJfH/",
        "Secret pass 1"},
    {"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        "Hello world!"}, // Drepper's SHA-crypt paper
    {"{SHA512-CRYPT.B64}"
     "JDYkcEQuQXBod0UyL09hYVdNayRqNUQ3QjVCWmlwS2tYcmRLRDA3UTRvU2hmLjNacy5QYlo4djRLOGpVai5pY2o0QUdhVTQw"
     "U0MxWnYwb0pqLzZTVWNWRTczazJNTlRUNENTWEF6YlNUMQ==",
        "Secret pass 1"},
    {"{BLF-CRYPT}$2y$05$VguHtkZZuxKMoKOAXtEdXu/2HAHEc4bcIZPEdNUj4JKoBmeF6v486", "Secret pass 1"},
    {"{BLF-CRYPT}$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"}, // Openwall's crypt_blowfish
    {"{CRYPT}$2y$05$NUqsD.kemARjIbFuQh8mh.l71PL5WUGFgPfNajMLxmQkwk88amXq.", "Secret pass 1"},
    {"{YESCRYPT}$y$j9T$F5Jx5fExrKuPp53xLKQ..1$LOs.0QAgiqhVfkiqgtD3uLgwX3gZeS2fGsXAwme8H.2",
        "Secret pass 1"}, // perl's crypt()
    {"{CRYPT}$gy$j9T$F5Jx5fExrKuPp53xLKQ..1$ky3f7HbBcKthhmHL/QDxaGBlPu9czzfCww9Vx0UE8x.", "Secret pass 1"},
    {"{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$iz4jldbn56XKAAxQM9tZdA$20tPhVdwYKCQKRbEC89nT4xJlhrBiB9fMRs4/G5JBes",
        "Secret pass 1"},
    {"{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$43/3kh/mIazDwtvLm+V86A$ualzmCcoa83PfWlYeT5BYMeo2HrrrmhcmYhpdG45H5M",
        "Secret pass 1"},
    {"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"}, // libargon2
    {"{SSHA}Q/HwdFjpj0fdkuweTYhOf5xYrGhXGX8V", "Secret pass 1"},
    {"{SSHA256}q8OnUPV2suPn7Ia28fAPa0fEq0XO5NtLuiGGqgV3FuZnXlBi", "Secret pass 1"},
    {"{SSHA256.HEX}636737210253e18ac2f686c6886f2ea07ef058fb8d860d615177be55194ee60d258f09f0", "Secret pass 1"},
    {"{SSHA512}WgP0GP2jTK9gMlcSKU+zaU9ao6tq+0JVTJEAHch4/yOpbCPxtbJZH9h3pOelMxivdU22Hw5MMKOsiZvysdjmMdhA+1Y=",
        "Secret pass 1"},
    {"{SSHA512.B64}At5c88kwUzqvvu+vs7ez+SiCOXjchDqnLOyptKQiqpqL1gvhXQQ6HwxVa8EC9m1mbxt6bOA1AszSUfrBV86dGS061pU=",
        "Secret pass 1"},
    {"{SHA256}sH5XJxrFHb3q+7R5MkyE64GbqvTbodZuC3XbctRhhU8=", "Secret pass 1"},
    {"{SHA256.hex}ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc"}, // FIPS 180-4
    {"{SHA256}BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", "abc"},     // hex by its length
    {"{SHA512}Td6mjyfwKBmRSbfyaKDOVHPZqi13A9ICjzvl9eDkGe9QHKe8qK/QKqT/XzjZsCyKGxycoPlBpJ58AzHn5tvwhA==",
        "Secret pass 1"},
    {"{SHA512.HEX}"
     "4ddea68f27f028199149b7f268a0ce5473d9aa2d7703d2028f3be5f5e0e419ef501ca7bca8afd02aa4ff5f38d9b02c8a1b1c9ca0f9"
     "41a49e7c0331e7e6dbf084",
        "Secret pass 1"},
};

} // namespace

TEST_CASE("stored passwords made by others match their password and no other") {
    for (const auto& [stored, password] : known) {
        CAPTURE(stored);
        CHECK(verify_password(stored, password).verdict == Verdict::match);
        CHECK(verify_password(stored, std::string(password) + "x").verdict == Verdict::mismatch);
        CHECK(verify_password(stored, "").verdict == Verdict::mismatch);
    }
}

TEST_CASE("each scheme that generate offers makes a hash that only its password matches, with a fresh salt") {
    for (const auto scheme : schemes_to_generate()) {
        CAPTURE(scheme);
        const auto hash = generate(scheme, "pässword ünder test");
        REQUIRE(hash.has_value());
        CHECK(hash->starts_with("{" + std::string(scheme) + "}"));
        CHECK(verify_password(*hash, "pässword ünder test").verdict == Verdict::match);
        CHECK(verify_password(*hash, "pässword ünder tes").verdict == Verdict::mismatch);
        const bool salted = scheme != "PLAIN" && scheme != "CLEAR" && scheme != "CLEARTEXT";
        CHECK((*generate(scheme, "pässword ünder test") != *hash) == salted);
    }
}

TEST_CASE("generate uses the documented costs") {
    CHECK(generate("ARGON2ID", "x")->starts_with("{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$"));
    CHECK(generate("blf-crypt", "x")->starts_with("{BLF-CRYPT}$2y$10$"));
    CHECK(generate("SHA512-CRYPT", "x")->starts_with("{SHA512-CRYPT}$6$"));
    CHECK(generate("YESCRYPT", "x")->starts_with("{YESCRYPT}$y$j9T$"));
}

TEST_CASE("generate refuses what would make a weak or wrong hash, and says why") {
    CHECK(generate("MD5-CRYPT", "x").error().text.find("too weak") != std::string::npos);
    CHECK(generate("SHA512CRYPT", "x").error().text.find("did you mean SHA512-CRYPT") != std::string::npos);
    CHECK(generate("BLF-CRYPT", std::string(73, 'a')).error().text.find("first 72 bytes") != std::string::npos);
    CHECK(generate("BLF-CRYPT", std::string(72, 'a')).has_value());
    CHECK_FALSE(generate("SHA512-CRYPT", std::string("a\0b", 3)).has_value());
    CHECK_FALSE(generate("SHA512-CRYPT", std::string(512, 'a')).has_value());
    CHECK_FALSE(generate("ARGON2ID", "").has_value());
    CHECK_FALSE(generate("ARGON2ID", std::string(password_bytes_max + 1, 'a')).has_value());
}

TEST_CASE("a stored password that nobody can match is unusable, with a reason") {
    const char* const unusable[] = {"", "{PLAIN}", "{SHA512-CRYPT}", "!", "*",
        "!$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl", "*0", "x", "{CRYPT}pMWeec/zi6TgM", "pMWeec/zi6TgM",
        "{DES-CRYPT}pMWeec/zi6TgM", "{PLAIN-MD5}c7a76da958ebb5f9d753a211f41a5205",
        "{SHA}KuC6iaFWn8xM9hJbBkRixEZ7FF4=", "{NOSUCH}x", "{SHA256}short",
        "{SSHA256}sH5XJxrFHb3q+7R5MkyE64GbqvTbodZuC3XbctRhhU8=", "{SHA256.xyz}abc", "{PLAIN.hex}zz",
        "{SHA512-CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
        "{ARGON2ID}$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
        "{ARGON2ID}$argon2id$v=19$m=256",
        "{ARGON2ID}$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "$3$$8846f7eaee8fb117ad06bdd830b7586c"};
    for (const auto* stored : unusable) {
        CAPTURE(stored);
        const auto verification = verify_password(stored, "x");
        CHECK(verification.verdict == Verdict::unusable);
        CHECK_FALSE(verification.reason.empty());
        CHECK(verify_password(stored, "").verdict == Verdict::unusable);
    }
}

TEST_CASE("a NUL byte doesn't cut the password that crypt(3) looks at") {
    const std::string with_nul("U*U\0more", 8);
    CHECK(verify_password("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", with_nul).verdict ==
          Verdict::mismatch);
}

TEST_CASE("passwords above the bound never match") {
    const std::string longest(password_bytes_max, 'a');
    CHECK(verify_password("{PLAIN}" + longest, longest).verdict == Verdict::match);
    CHECK(verify_password("{PLAIN}" + longest + "a", longest + "a").verdict == Verdict::mismatch);
}

TEST_CASE("a bare hash has the assumed scheme, and a scheme that is written wins over it") {
    CHECK(verify_password("secret", "secret", "PLAIN").verdict == Verdict::match);
    CHECK(verify_password("secret", "secret").verdict == Verdict::unusable);
    CHECK(
        verify_password("{SHA256.hex}ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc", "PLAIN")
            .verdict == Verdict::match);
    CHECK(refusal_of_scheme("ssha512.b64").empty());
    CHECK(refusal_of_scheme("PLAIN-MD5").find("unsalted MD5") != std::string::npos);
    CHECK_FALSE(refusal_of_scheme("SSHA512.b65").empty());
}

TEST_CASE("decode takes well-formed base64 and hexadecimal only") {
    CHECK(decode(Encoding::base64, "QQ==") == "A");
    CHECK(decode(Encoding::base64, "QUI=") == "AB");
    CHECK(decode(Encoding::base64, "QUJD") == "ABC");
    CHECK(decode(Encoding::base64, "QQ") == "A");
    CHECK(decode(Encoding::hex, "41fF") == "A\xff");
    for (const auto* bad : {"", "=", "Q", "Q===", "QQ=", "Q=Q=", "QQ==QQ==", "Q Q=", "QQ==="}) {
        CAPTURE(bad);
        CHECK_FALSE(decode(Encoding::base64, bad));
    }
    for (const auto* bad : {"", "4", "4g", "41:42"})
        CHECK_FALSE(decode(Encoding::hex, bad));
}
