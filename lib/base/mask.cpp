// SPDX-License-Identifier: Apache-2.0
#include "base/mask.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>

namespace hearth {
namespace {

using Bytes = std::array<std::uint8_t, 16>;
constexpr Bytes v4_mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}; // RFC 4291 section 2.5.5.2
constexpr std::size_t v4_mapped_bytes = 12;

// The bytes of an address, and how many there are: 4, 16, or 0 if it is none.
std::size_t parse_address(std::string_view address, Bytes& bytes) {
    const std::string text(address);
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return 4;
    return ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1 ? 16 : 0;
}

bool is_v4_mapped(const Bytes& bytes) {
    return std::equal(bytes.begin(), bytes.begin() + v4_mapped_bytes, v4_mapped_prefix.begin());
}

// The last four bytes to the front.
void unmap(Bytes& bytes) {
    std::copy(bytes.begin() + v4_mapped_bytes, bytes.end(), bytes.begin());
}

} // namespace

bool matches_mask(std::string_view mask, std::string_view text) {
    std::size_t m = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (m < mask.size() && mask[m] == '*') {
            star = m++;
            resume = t;
        } else if (m < mask.size() && (mask[m] == '?' || mask[m] == text[t])) {
            ++m;
            ++t;
        } else if (star != std::string_view::npos) {
            m = star + 1; // let the last star take one byte more
            t = ++resume;
        } else {
            return false;
        }
    }
    while (m < mask.size() && mask[m] == '*')
        ++m;
    return m == mask.size();
}

std::optional<Network> Network::parse(std::string_view text) {
    Network result;
    const auto slash = text.find('/');
    result.size_ = parse_address(text.substr(0, slash), result.bytes_);
    if (result.size_ == 0) return std::nullopt;
    result.bits_ = result.size_ * 8;
    if (slash != std::string_view::npos) {
        const auto bits = parse_u64(text.substr(slash + 1));
        if (!bits || *bits > result.bits_) return std::nullopt;
        result.bits_ = static_cast<std::size_t>(*bits);
    }
    if (result.size_ == 16 && result.bits_ >= v4_mapped_bytes * 8 && is_v4_mapped(result.bytes_)) {
        unmap(result.bytes_);
        result.size_ = 4;
        result.bits_ -= v4_mapped_bytes * 8;
    }
    return result;
}

bool Network::contains(std::string_view ip) const {
    Bytes other{};
    auto size = parse_address(ip, other);
    if (size == 16 && is_v4_mapped(other)) {
        unmap(other);
        size = 4;
    }
    if (size != size_) return false;
    const auto whole = bits_ / 8, rest = bits_ % 8;
    if (!std::equal(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(whole), other.begin())) return false;
    return rest == 0 || ((bytes_[whole] ^ other[whole]) >> (8 - rest)) == 0;
}

Checked<AddressMask> AddressMask::parse(std::string_view text) {
    AddressMask result;
    result.mask_ = text;
    result.network_ = Network::parse(text);
    if (!result.network_ && text.find('/') != std::string_view::npos)
        return Complaint{
            "\"" + printable(text, 64) + "\" is not a network; write it like 192.0.2.0/24 or 2001:db8::/32"};
    return result;
}

bool AddressMask::matches(std::string_view address) const {
    return network_ ? network_->contains(address) : matches_mask(mask_, address);
}

} // namespace hearth
