// SPDX-License-Identifier: Apache-2.0
// Webmail asks for the same few things about the same newest messages at every click: ENVELOPE, BODYSTRUCTURE, a list
// of header fields. They never change for a message, so their rendered form is kept over sessions, under the message's
// number in the index and the item's label. A worker serves one user for life, hence nothing here can leak to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hearth::imap {

class RenderedItems {
public:
    static constexpr std::size_t bytes_max = 256 * 1024; ///< of keys and values, with an estimate for the nodes
    static constexpr std::size_t item_max = 4 * 1024;    ///< larger items aren't kept

    RenderedItems() = default;
    RenderedItems(const RenderedItems&) = delete;
    RenderedItems& operator=(const RenderedItems&) = delete;

    /// Null when it isn't known; valid until the next add().
    const std::string* find(std::uint64_t message, std::string_view label);
    /// Forgets those not asked for the longest to make room. Message 0 is not kept.
    void add(std::uint64_t message, std::string_view label, std::string_view rendered);
    void clear();
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    struct Item {
        std::string key, rendered;
    };
    static std::size_t cost(const Item& item);
    std::string_view key_of(std::uint64_t message, std::string_view label);
    void drop_oldest();

    std::list<Item> items_;                                                  // most recently used first
    std::unordered_map<std::string_view, std::list<Item>::iterator> by_key_; // keys point into items_
    std::string key_;                                                        // reused: a lookup allocates nothing
    std::size_t bytes_ = 0;
};

} // namespace hearth::imap
