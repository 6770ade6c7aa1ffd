// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "protocol/grant.hpp"
#include "users.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

namespace hearth::anvil {

/// What a worker is good for right now.
enum class Standing : std::uint8_t {
    unbound, ///< nobody's yet: accepts on the shared listener
    idle,    ///< no session, gate open
    room,    ///< has sessions and takes more
    full,    ///< takes no more as far as we know; its next report may be on its way
    leaving, ///< said so; ends soon
    silent,  ///< a login had no answer from it; no candidate until it reports again
};

/// One live process of a worker service, from Started (or Roster) to Exited.
struct Worker {
    std::uint32_t pid = 0;
    Index user = none; ///< written once, with `identity`: the pid is this user's until it exits
    protocol::IdentityHash identity{};
    ServiceIndex service = 0;
    Standing standing = Standing::unbound;
    bool accepts : 1 = false, leaving : 1 = false, silent : 1 = false;
    bool awaited : 1 = false;    ///< of the roster, and has not reported since
    std::uint32_t tag_mark = 0;  ///< of the tag that bound it, so that the same one needs no second HMAC
    std::uint32_t generation = 0;
    std::uint32_t served = 0;
    std::uint32_t client_limit = 1;
    std::uint32_t session_count = 0;
    std::uint64_t sequence = 0; ///< of its last report
    Time started{};
    Time idle_since{};     ///< meaningful while it has no session
    Time reserved_until{}; ///< named to a login or to the master a moment ago; ends with its next report
    Stack sessions;        ///< in the slab of Sessions
    Link of_user;          ///< in one of its user's three chains
    Link of_idle;          ///< in its service's chain of idle ones, while it is
};

/// All live workers, found by pid, and the chains they stand in.
class Workers {
public:
    explicit Workers(Users& users) : users_(users) {}

    [[nodiscard]] Index find(std::uint32_t pid) const;
    Index add(std::uint32_t pid, ServiceIndex service, Time now);
    /// Forgets the process. Its sessions were taken from it before; `idle` is its service's chain.
    void remove(Index worker, Chain& idle);

    void bind(Index worker, Index user, const protocol::IdentityHash& identity);
    void unbind(Index worker, Chain& idle);
    /// Puts the worker into the chains that its flags and sessions ask for; `used` when it served somebody since it
    /// was put there last, so it goes first again.
    void place(Index worker, Chain& idle, bool used, Time now);

    Worker& operator[](Index worker) { return items_[worker]; }
    const Worker& operator[](Index worker) const { return items_[worker]; }
    [[nodiscard]] Slab<Worker>& items() { return items_; }
    [[nodiscard]] const Slab<Worker>& items() const { return items_; }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    template <class Function> void for_each(Function function) const {
        for (const auto& [pid, index] : by_pid_)
            function(index, items_[index]);
    }

private:
    Stack* chain_of(User& user, Standing standing);
    void leave_chains(Index worker, Chain& idle);

    Users& users_;
    Slab<Worker> items_;
    boost::unordered_flat_map<std::uint32_t, Index> by_pid_;
};

/// From the worker's flags and number of sessions.
Standing standing_of(const Worker& worker);
/// Without sessions and not leaving: the master may ask it to go. Silent ones too, they hold a slot as well.
bool is_evictable(const Worker& worker);
std::string_view name(Standing standing);

} // namespace hearth::anvil
