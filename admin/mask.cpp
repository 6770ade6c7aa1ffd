// SPDX-License-Identifier: Apache-2.0
#include "mask.hpp"
#include "base/text.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

namespace hearth::admin {
namespace {

struct Net {
    std::array<std::uint8_t, 16> bytes{};
    std::size_t size = 0; // 4 or 16
    std::uint64_t bits = 0;
};

std::optional<Net> parse_net(std::string_view text) {
    const auto slash = text.find('/');
    const std::string address(text.substr(0, slash));
    Net net;
    if (::inet_pton(AF_INET, address.c_str(), net.bytes.data()) == 1) net.size = 4;
    else if (::inet_pton(AF_INET6, address.c_str(), net.bytes.data()) == 1) net.size = 16;
    else return std::nullopt;
    net.bits = net.size * 8;
    if (slash != std::string_view::npos) {
        const auto bits = parse_u64(text.substr(slash + 1));
        if (!bits || *bits > net.bits) return std::nullopt;
        net.bits = *bits;
    }
    return net;
}

} // namespace

bool matches_mask(std::string_view text, std::string_view mask) {
    std::size_t t = 0, m = 0, star = std::string_view::npos, after_star = 0;
    while (t < text.size()) {
        if (m < mask.size() && mask[m] == '*') {
            star = m++;
            after_star = t;
        } else if (m < mask.size() && (mask[m] == '?' || mask[m] == text[t])) {
            ++m;
            ++t;
        } else if (star != std::string_view::npos) {
            m = star + 1;
            t = ++after_star;
        } else {
            return false;
        }
    }
    while (m < mask.size() && mask[m] == '*') ++m;
    return m == mask.size();
}

bool is_net(std::string_view mask) {
    return parse_net(mask).has_value();
}

bool in_net(std::string_view ip, std::string_view net_text) {
    const auto address = parse_net(ip);
    const auto net = parse_net(net_text);
    if (!address || !net || address->size != net->size) return false;
    for (std::uint64_t bit = 0; bit < net->bits; ++bit) {
        const auto byte = static_cast<std::size_t>(bit / 8);
        const int shift = static_cast<int>(7 - bit % 8);
        if ((((address->bytes[byte] ^ net->bytes[byte]) >> shift) & 1) != 0) return false;
    }
    return true;
}

} // namespace hearth::admin
