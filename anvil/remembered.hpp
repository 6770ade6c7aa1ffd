// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bounds.hpp"
#include "protocol/anvil.hpp"
#include "slab.hpp"
#include "users.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <optional>
#include <string_view>

namespace hearth::anvil {

/// What is known of users who may have nothing here any more: why their last worker ended. Bounded; who was heard of
/// longest ago is forgotten first. Names aren't kept but a hash of them: should two of a million users share one, the
/// worst that comes of it is a wrong reason in a log line.
class Remembered {
public:
    explicit Remembered(std::size_t limit = remembered_max) : limit_(limit), by_key_(0, Hash{&items_}, Equal{&items_}) {}

    void note_end(ServiceIndex service, std::string_view user, protocol::anvil::ExitReason reason);
    /// Nothing if the user isn't remembered, or no worker of his ended.
    [[nodiscard]] std::optional<protocol::anvil::ExitReason> last_end(ServiceIndex service, std::string_view user) const;
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
    /// Aborts if table and order disagree. Takes time by the number of users.
    void verify_invariants() const;

private:
    using Key = std::uint64_t;
    struct Item {
        Key key = 0;
        Link of_order;
        std::uint8_t end = 0; ///< ExitReason + 1; 0: none
    };
    struct Hash {
        using is_transparent = void;
        using is_avalanching = void; // the key is a hash already
        const Slab<Item>* items;
        std::size_t operator()(Key key) const { return key; }
        std::size_t operator()(Index item) const { return (*items)[item].key; }
    };
    struct Equal {
        using is_transparent = void;
        const Slab<Item>* items;
        bool operator()(Key key, Index item) const { return (*items)[item].key == key; }
        bool operator()(Index item, Key key) const { return (*items)[item].key == key; }
        bool operator()(Index a, Index b) const { return a == b; }
    };
    static Key key_of(ServiceIndex service, std::string_view user);
    /// The user's record, made if need be, as the one heard of last.
    Item& touch(ServiceIndex service, std::string_view user);

    std::size_t limit_;
    Slab<Item> items_;
    Chain order_; // heard of last first
    std::uint64_t forgotten_ = 0;
    boost::unordered_flat_set<Index, Hash, Equal> by_key_; // hash and equality look into items_, so never moved
};

} // namespace hearth::anvil
