// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "addresses.hpp"
#include "base/id.hpp"
#include "workers.hpp"

namespace hearth::anvil {

/// A session that counts: a worker has it (`owner`), or a login was promised a place for it (`lease`), or, for a
/// moment, both. Without either it is gone.
struct Session {
    SessionId id;
    Index user = none;
    Index address = none;
    Index owner = none;     ///< worker whose last report lists it
    Index lease = none;     ///< lookup that holds it
    std::uint32_t mark = 0; ///< the last report that listed it, so that what a report doesn't list is found
    Time since{};
    Link of_owner;
};

/// All sessions, found by id, and how many each user has per address (mail_max_userip_connections).
class Sessions {
public:
    Sessions(Users& users, Workers& workers, Addresses& addresses)
        : users_(users), workers_(workers), addresses_(addresses) {}

    [[nodiscard]] Index find(const SessionId& id) const;
    /// The caller gives it an owner or a lease.
    Index add(const SessionId& id, Index user, Index address, Time now);
    /// How many sessions and leases the user has from the address.
    [[nodiscard]] std::uint32_t count(Index user, Index address) const;

    /// Gives the session to the worker; from its former owner, if it has one.
    void give(Index session, Index worker);
    void take_from_owner(Index session);
    /// Forgets the session if it has neither owner nor lease.
    void release(Index session);

    Session& operator[](Index session) { return items_[session]; }
    const Session& operator[](Index session) const { return items_[session]; }
    [[nodiscard]] const Slab<Session>& items() const { return items_; }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] std::size_t counted_pairs() const { return counts_.size(); }
    template <class Function> void for_each(Function function) const {
        for (const auto& [id, index] : by_id_)
            function(index, items_[index]);
    }

private:
    static std::uint64_t pair(Index user, Index address) { return (std::uint64_t{user} << 32) | address; }

    Users& users_;
    Workers& workers_;
    Addresses& addresses_;
    Slab<Session> items_;
    boost::unordered_flat_map<SessionId, Index, std::hash<SessionId>> by_id_;
    boost::unordered_flat_map<std::uint64_t, std::uint32_t> counts_;
};

} // namespace hearth::anvil
