// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace hearth::anvil {

/// Does `text` match `mask`, in which `*` is any run of characters and `?` any one? Takes time by the product of the
/// lengths at most.
bool matches(std::string_view mask, std::string_view text);

/// Which client addresses an administrator means: a mask as above, or a network as "192.0.2.0/24" or "2001:db8::/32".
class AddressMask {
public:
    static Checked<AddressMask> parse(std::string_view text);
    [[nodiscard]] bool matches(std::string_view address) const;

private:
    std::string mask_;
    std::string network_; // 4 or 16 bytes; empty: mask_ counts
    unsigned bits_ = 0;
};

} // namespace hearth::anvil
