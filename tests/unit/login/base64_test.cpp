// SPDX-License-Identifier: Apache-2.0
#include "base64.hpp"

#include <doctest/doctest.h>

using namespace hearth::login;
using namespace std::string_literals;

TEST_CASE("base64 is RFC 4648's, both ways") {
    for (const auto& [bytes, text] :
        {std::pair(""s, ""s), {"f"s, "Zg=="s}, {"fo"s, "Zm8="s}, {"foo"s, "Zm9v"s}, {"\0a\0b"s, "AGEAYg=="s}}) {
        CHECK(encode_base64(bytes) == text);
        CHECK(decode_base64(text) == bytes);
    }
}

TEST_CASE("what isn't exactly base64 is refused") {
    for (const char* wrong :
        {"Z", "Zg", "Zg=", "Zg== ", " Zg==", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9-", "Zm9v\n", "Z=g="})
        CHECK_FALSE(decode_base64(wrong));
}
