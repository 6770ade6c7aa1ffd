// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slab.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace hearth::anvil {

/// Names a service in the ledger; services are few and never forgotten.
using ServiceIndex = std::uint16_t;

/// A user of one service: all decisions are per service, so the same person at imap and at jmap is two of these.
/// Lives while a worker, a session or a lookup refers to it.
struct User {
    std::string name;
    std::uint64_t key = 0; ///< of the user's history
    ServiceIndex service = 0;
    bool here = false;          ///< has sessions; as its history was told
    std::uint32_t workers = 0;  ///< bound to this user, in whatever standing
    std::uint32_t sessions = 0; ///< sessions and leases: what the user has or waits for
    std::uint32_t lookups = 0;  ///< records of lookups, finished ones included
    Stack idle;                 ///< workers that may be offered, most recently used first
    Stack active;               ///< workers with sessions, room left or not, most recently used first
    Stack out;                  ///< leaving or silent workers
};

/// The users of all services, found by service and name.
class Users {
public:
    Users();
    [[nodiscard]] Index find(ServiceIndex service, std::string_view name) const;
    /// The user, made if need be. The caller adds a reference (workers, sessions or lookups), or calls release().
    /// `key` counts if it is made: the history_key().
    Index acquire(ServiceIndex service, std::string_view name, std::uint64_t key);
    /// Forgets the user if nothing refers to it any more.
    void release(Index user);

    User& operator[](Index user) { return items_[user]; }
    const User& operator[](Index user) const { return items_[user]; }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    template <class Function> void for_each(Function function) const {
        for (const auto index : by_name_)
            function(index, items_[index]);
    }

private:
    struct Key {
        ServiceIndex service;
        std::string_view name;
    };
    struct Hash {
        using is_transparent = void;
        const Slab<User>* items;
        std::size_t operator()(const Key& key) const {
            return std::hash<std::string_view>{}(key.name) ^ (std::size_t{key.service} * 0x9e3779b97f4a7c15);
        }
        std::size_t operator()(Index user) const { return (*this)(Key{(*items)[user].service, (*items)[user].name}); }
    };
    struct Equal {
        using is_transparent = void;
        const Slab<User>* items;
        bool operator()(const Key& key, Index user) const {
            return (*items)[user].service == key.service && (*items)[user].name == key.name;
        }
        bool operator()(Index user, const Key& key) const { return (*this)(key, user); }
        bool operator()(Index a, Index b) const { return a == b; }
    };
    Slab<User> items_;
    boost::unordered_flat_set<Index, Hash, Equal> by_name_; // hash and equality look into items_, so never moved
};

} // namespace hearth::anvil
