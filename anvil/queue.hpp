// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slab.hpp"

#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace hearth::anvil {

/// Who waits at a service's process limit. The user who has and waits for the fewest sessions goes first; among equals
/// whose first one came first; within a user first come, first served. So one user's hundred connections don't keep
/// another's first one waiting.
class WaitQueue {
public:
    /// `load`: the user's sessions and leases. `arrival` orders lookups, and is theirs alone.
    void add(Index user, std::uint32_t load, std::uint64_t arrival, Index lease);
    void remove(Index user, std::uint64_t arrival, Index lease);
    /// To be told whenever it changes; users that don't wait are ignored.
    void load_changed(Index user, std::uint32_t load);
    /// Whose turn it is, or none.
    [[nodiscard]] Index first() const;
    /// The latest lookup of the user whose turn comes last, or none.
    [[nodiscard]] Index last() const;
    /// The lookup that has waited longest, or none.
    [[nodiscard]] Index oldest() const { return by_arrival_.empty() ? none : by_arrival_.begin()->second; }
    /// The load of the user whose turn comes last; 0 if nobody waits.
    [[nodiscard]] std::uint32_t greatest_load() const { return order_.empty() ? 0 : std::get<0>(*order_.rbegin()); }
    /// Whether at least `count` lookups wait of users with less than `load`. True as well when more than `walk` users
    /// would have to be looked at to know.
    [[nodiscard]] bool waits_below(std::uint32_t load, std::uint32_t count, std::size_t walk) const;
    /// Users in the order of their turns, until `function(user)` says false.
    template <class Function> void in_turn(Function function) const {
        for (const auto& [load, arrival, user] : order_)
            if (!function(user)) return;
    }
    /// The user's waiting lookups, oldest first, at most `limit`.
    [[nodiscard]] std::vector<Index> of(Index user, std::size_t limit) const;
    [[nodiscard]] bool has(Index user) const { return users_.contains(user); }
    [[nodiscard]] std::size_t count_of(Index user) const;
    [[nodiscard]] std::size_t size() const { return size_; }
    /// What load_changed() was told last, for verify_invariants().
    [[nodiscard]] std::optional<std::uint32_t> load_of(Index user) const;

private:
    struct Place {
        std::uint32_t load = 0;
        std::set<std::pair<std::uint64_t, Index>> leases; // by arrival; never empty
    };
    using Turn = std::tuple<std::uint32_t, std::uint64_t, Index>; // load, first arrival, user
    static Turn turn(Index user, const Place& place) { return {place.load, place.leases.begin()->first, user}; }

    std::unordered_map<Index, Place> users_;
    std::set<Turn> order_;
    std::set<std::pair<std::uint64_t, Index>> by_arrival_;
    std::size_t size_ = 0;
};

} // namespace hearth::anvil
