// SPDX-License-Identifier: Apache-2.0
#include "mask.hpp"
#include "base/text.hpp"

#include <arpa/inet.h>

namespace hearth::anvil {
namespace {

// 4 or 16 bytes in network order; empty if it is no address.
std::string bytes_of(std::string_view address) {
    const std::string text(address);
    std::string bytes(16, '\0');
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
    bytes.resize(4);
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return bytes;
    return {};
}

} // namespace

bool matches(std::string_view mask, std::string_view text) {
    std::size_t m = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (m < mask.size() && mask[m] == '*') {
            star = m++;
            resume = t;
        } else if (m < mask.size() && (mask[m] == '?' || mask[m] == text[t])) {
            ++m;
            ++t;
        } else if (star != std::string_view::npos) {
            m = star + 1; // let the last star take one character more
            t = ++resume;
        } else {
            return false;
        }
    }
    while (m < mask.size() && mask[m] == '*')
        ++m;
    return m == mask.size();
}

Checked<AddressMask> AddressMask::parse(std::string_view text) {
    AddressMask result;
    result.mask_ = text;
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return result;
    result.network_ = bytes_of(text.substr(0, slash));
    const auto bits = parse_u64(text.substr(slash + 1));
    if (result.network_.empty() || !bits || *bits > result.network_.size() * 8)
        return Complaint{
            "\"" + printable(text, 64) + "\" is not a network; write it like 192.0.2.0/24 or 2001:db8::/32"};
    result.bits_ = static_cast<unsigned>(*bits);
    return result;
}

bool AddressMask::matches(std::string_view address) const {
    if (network_.empty()) return anvil::matches(mask_, address);
    const auto bytes = bytes_of(address);
    if (bytes.size() != network_.size()) return false;
    for (unsigned bit = 0; bit < bits_; ++bit) {
        const auto difference = static_cast<unsigned char>(bytes[bit / 8] ^ network_[bit / 8]);
        if ((difference & (0x80U >> (bit % 8))) != 0) return false;
    }
    return true;
}

} // namespace hearth::anvil
