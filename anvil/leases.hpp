// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "protocol/anvil.hpp"
#include "slab.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <set>

namespace hearth::anvil {

/// A login process' connection; the shell numbers them.
using StreamId = std::uint32_t;

/// Where a lookup stands.
enum class Stage : std::uint8_t {
    trying,   ///< candidates were named; the session is leased
    cold,     ///< has a slot for a new worker; the session is leased
    waiting,  ///< has a place in the queue; the session is leased
    reported, ///< a worker has or had the session. Kept until its deadline: should the worker die before it says
              ///< TAKEN, login asks again with NoneTook
};

/// One lookup of a login, and what it holds.
struct Lease {
    StreamId stream = 0;
    std::uint32_t id = 0; ///< login's
    Stage stage = Stage::trying;
    bool warm = false; ///< its last candidates were led by one that wasn't full
    protocol::anvil::Cold why = protocol::anvil::Cold::first;
    Index user = none;
    Index address = none;
    SessionId session;
    protocol::IdentityHash identity{};
    std::uint32_t reporter = 0; ///< pid of the worker that reported the session before the last NoneTook, or 0
    std::uint64_t arrival = 0;  ///< order in the queue; 0 before the first time there
    Time queue_deadline{};      ///< of the first time in the queue: coming back gives no new time
    Time deadline{};
    Link of_stream;
};

/// All lookups that hold something, found by stream and login's number, and ordered by deadline.
class Leases {
public:
    [[nodiscard]] Index find(StreamId stream, std::uint32_t id) const;
    Index add(Lease lease);
    void remove(Index lease);
    void set_deadline(Index lease, Time deadline);
    /// The lookup whose deadline comes first, or none.
    [[nodiscard]] Index next() const { return deadlines_.empty() ? none : deadlines_.begin()->second; }
    /// Any lookup of the stream, or none.
    [[nodiscard]] Index any_of(StreamId stream) const;
    [[nodiscard]] std::size_t count_of(StreamId stream) const;

    Lease& operator[](Index lease) { return items_[lease]; }
    const Lease& operator[](Index lease) const { return items_[lease]; }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    template <class Function> void for_each(Function function) const {
        for (const auto& [key, index] : by_id_)
            function(index, items_[index]);
    }

private:
    struct Stream {
        Chain leases;
        std::size_t count = 0;
    };
    static std::uint64_t key(StreamId stream, std::uint32_t id) { return (std::uint64_t{stream} << 32) | id; }

    Slab<Lease> items_;
    boost::unordered_flat_map<std::uint64_t, Index> by_id_;
    boost::unordered_flat_map<StreamId, Stream> by_stream_;
    std::set<std::pair<Time, Index>> deadlines_;
};

} // namespace hearth::anvil
