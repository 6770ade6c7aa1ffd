// SPDX-License-Identifier: Apache-2.0
// Random messages within the bounds of lib/protocol, and what each decoder must do with broken ones.
#pragma once

#include "base/id.hpp"
#include "protocol/grant.hpp"
#include "protocol/limits.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <random>
#include <string>

namespace hearth::protocol::testing {

inline std::uint64_t seed() {
    const char* text = std::getenv("HEARTH_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

class Samples {
public:
    Samples() : seed_(seed()), random_(seed_) {}
    [[nodiscard]] std::uint64_t seed_used() const { return seed_; }

    std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
    bool coin() { return below(2) == 1; }
    template <class Number> Number number() { return static_cast<Number>(random_()); }
    /// Any bytes, NUL included; now and then empty, now and then as long as may be.
    std::string text(std::size_t limit) {
        const auto dice = below(8);
        const auto size = dice == 0   ? 0
                          : dice == 1 ? limit
                                      : below(static_cast<std::uint32_t>(std::min<std::size_t>(limit, 40)) + 1);
        std::string result(size, '\0');
        for (auto& c : result)
            c = number<char>();
        return result;
    }
    std::string name(std::size_t limit) {
        auto result = text(limit);
        return result.empty() ? "x" : result;
    }
    template <std::size_t size> std::array<std::uint8_t, size> bytes() {
        std::array<std::uint8_t, size> result;
        for (auto& byte : result)
            byte = number<std::uint8_t>();
        return result;
    }
    SessionId id() { return SessionId{bytes<16>()}; }
    std::string ip() { return text(ip_bytes_max); }
    Identity identity() {
        Identity identity;
        identity.user = name(user_bytes_max);
        identity.uid = number<std::uint32_t>();
        identity.gid = number<std::uint32_t>();
        for (auto n = below(4); n > 0; --n)
            identity.groups.push_back(number<std::uint32_t>());
        identity.home = text(path_bytes_max);
        identity.mail_location = text(path_bytes_max);
        for (auto n = below(4); n > 0; --n)
            identity.policy.emplace_back(text(service_bytes_max), text(reason_bytes_max));
        return identity;
    }

private:
    std::uint64_t seed_;
    std::mt19937_64 random_;
};

constexpr int rounds = 40;

/// Whatever is cut off at the end, or added, is no message any more. Long messages are cut at their first and last
/// bytes and at some between.
template <class Decode> void check_broken(const std::string& bytes, Decode decode) {
    const auto step = std::max<std::size_t>(1, bytes.size() / 1500);
    for (std::size_t size = 0; size < bytes.size(); size += size < 300 || size + 300 > bytes.size() ? 1 : step)
        if (decode(std::string_view(bytes).substr(0, size)))
            FAIL_CHECK("accepted the first ", size, " of ", bytes.size(), " bytes");
    CHECK_FALSE(decode(bytes + '\0'));
    CHECK_FALSE(decode(bytes + "x"));
    auto other = bytes;
    other[0] ^= 1; // magic
    CHECK_FALSE(decode(other));
}

/// Decoding gives a message that encodes to the same bytes.
template <class Decode, class Encode>
void check_round_trip(const std::string& bytes, Decode decode, Encode encode_again) {
    const auto message = decode(bytes);
    REQUIRE(message.has_value());
    CHECK(encode_again(*message) == bytes);
    check_broken(bytes, decode);
}

} // namespace hearth::protocol::testing
