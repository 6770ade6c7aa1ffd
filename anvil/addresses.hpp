// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slab.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <string>
#include <string_view>

namespace hearth::anvil {

/// Client addresses, each text kept once and counted: webmail's own address stands behind most sessions.
class Addresses {
public:
    /// One more user of this address. IPv4 written as "::ffff:192.0.2.1" is the same as "192.0.2.1".
    Index acquire(std::string_view text);
    void acquire(Index address) { ++items_[address].references; }
    void release(Index address);
    /// The address if anything uses it.
    [[nodiscard]] Index find(std::string_view text) const;
    [[nodiscard]] const std::string& text(Index address) const { return items_[address].text; }
    [[nodiscard]] std::uint32_t references(Index address) const { return items_[address].references; }
    [[nodiscard]] std::size_t size() const { return items_.size(); }

private:
    struct Address {
        std::string text;
        std::uint32_t references = 0;
    };
    Slab<Address> items_;
    boost::unordered_flat_map<std::string, Index> by_text_;
};

} // namespace hearth::anvil
