// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "idle_pool.hpp"
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
    bool offered : 1 = false;    ///< named first to a login, and has not reported since: until offered_time is over
    bool named : 1 = false;      ///< the same for the master and evictee_time
    bool yielded : 1 = false;    ///< idle, and its user waits; but others who have fewer sessions come first
    std::uint8_t before = 0;     ///< why the user's worker before this one ended: ExitReason + 1; 0: not known
    std::uint32_t tag_mark = 0;  ///< of the tag that bound it, so that the same one needs no second HMAC
    std::uint32_t generation = 0;
    std::uint32_t served = 0;
    std::uint32_t client_limit = 1;
    std::uint32_t session_count = 0;
    std::uint32_t memory_kib = 0;  ///< as last measured; 0: never
    std::uint32_t counted_kib = 0; ///< of it, what its service's idle pool counts
    std::uint64_t sequence = 0; ///< of its last report
    Time started{};
    Time idle_since{};     ///< meaningful while it has no session
    Time reserved_until{}; ///< named to a login or to the master a moment ago; ends with its next report
    Stack sessions;        ///< in the slab of Sessions
    Link of_user;          ///< in one of its user's three chains
    Link of_idle;          ///< in its service's idle pool, while it is
};

/// All live workers, found by pid, and the chains they stand in.
class Workers {
public:
    explicit Workers(Users& users) : users_(users) {}

    [[nodiscard]] Index find(std::uint32_t pid) const;
    Index add(std::uint32_t pid, ServiceIndex service, Time now);
    /// Forgets the process. Its sessions were taken from it before; `idle` is its service's.
    void remove(Index worker, IdlePool& idle);

    void bind(Index worker, Index user, const protocol::IdentityHash& identity);
    void unbind(Index worker, IdlePool& idle);
    /// Puts the worker into the chains that its flags and sessions ask for; `used` when it served somebody since it
    /// was put there last, so it goes first again.
    void place(Index worker, IdlePool& idle, bool used, Time now);

    /// It was named first to a login, or to the master; `until` then it is nobody's first choice. It has not spoken since.
    void offer(Index worker, IdlePool& idle, Time until);
    void name(Index worker, IdlePool& idle, Time until);
    /// Ends both: it reported, or had time enough.
    void release(Index worker, IdlePool& idle);
    /// Its user, who waits, leaves it to others; or doesn't any more.
    void yield(Index worker, IdlePool& idle, bool yielded);

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
    void leave_chains(Index worker, IdlePool& idle);
    [[nodiscard]] bool is_in(const IdlePool& idle, Index worker) const;
    void enter(IdlePool& idle, Index worker);
    void leave(IdlePool& idle, Index worker);
    void count(IdlePool& idle, Index worker, std::uint32_t sign);
    void reserve(Index worker, IdlePool& idle, bool offered, bool named, Time until);

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
