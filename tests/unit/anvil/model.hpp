// SPDX-License-Identifier: Apache-2.0
// The ledger's rules once more, as plainly as can be: maps, loops, nothing kept that could be counted. Slow, one
// service. Where it and the ledger differ, one of them is wrong.
#pragma once

#include "world.hpp"

namespace hearth::anvil::testing {

class Model {
public:
    std::uint32_t process_limit = 0, generation = 0, userip_limit = 0;
    std::uint64_t memory_limit_kib = 0;
    bool shedding = false;
    std::map<std::string, wire::ExitReason> ends; // why each user's last worker ended
    std::uint64_t hits = 0, taken_back = 0;
    std::map<wire::Cold, std::uint64_t> misses;
    std::vector<Answer> answers;

    struct Worker {
        std::string user;
        protocol::IdentityHash identity{};
        std::uint32_t generation = 0, served = 0, client_limit = 1;
        std::uint64_t sequence = 0;
        bool accepts = false, leaving = false, silent = false, yielded = false, named = false;
        Time reserved_until{};
        std::uint32_t memory_kib = 0;
        std::uint64_t placed = 0, idled = 0; // when it came into its place: greater is later
        int chain = -1;                      // which place: 0 idle, 1 active, 2 out
        bool evictable = false;
    };
    struct Session {
        std::string user, ip;
        std::uint32_t owner = 0;
        std::optional<std::pair<StreamId, std::uint32_t>> lease;
    };
    struct Lookup {
        std::string user, ip;
        protocol::IdentityHash identity{};
        SessionId session;
        Stage stage = Stage::trying;
        bool warm = false;
        wire::Cold why = wire::Cold::first;
        std::uint32_t reporter = 0;
        std::uint64_t arrival = 0;
        Time queue_deadline{}, deadline{};
    };
    using Key = std::pair<StreamId, std::uint32_t>;
    std::map<std::uint32_t, Worker> workers;
    std::map<SessionId, Session> sessions;
    std::map<Key, Lookup> lookups;

    void started(std::uint32_t pid, Time now);
    void exited(std::uint32_t pid, wire::ExitReason reason, Time now);
    void limits(std::uint32_t limit, std::uint32_t new_generation, std::uint64_t memory_limit, Time now);

    Reception report(const wire::WorkerReport& report, std::uint32_t pid, Time now);

    void lookup(StreamId stream, const wire::Lookup& request, Time now);
    void none_took(StreamId stream, std::uint32_t id, Time now);
    void cancel(StreamId stream, std::uint32_t id, Time now);
    void stream_closed(StreamId stream, Time now);
    void silent(std::uint32_t pid);
    void expire(Time now);
    Pids evictable(std::size_t count, Time now);
    // Whether these are workers that may be named, all different, and as many as possible.
    bool names(const Pids& pids, std::size_t count, Time now);
    // How many more should go: counted one by one.
    std::uint32_t excess() const;
    std::uint32_t count(const std::string& user, const std::string& ip) const;
    std::uint32_t in_stage(Stage stage) const;

private:
    std::uint64_t arrivals_ = 0, placements_ = 0;
    Time settled_at_{}; // of the last event that changed something

    void say(Key key, wire::Verdict verdict, wire::Cold why, std::uint32_t limit, Pids pids = {});
    std::uint32_t load(const std::string& user) const;
    std::uint32_t sessions_of(std::uint32_t pid) const;
    bool waits(const std::string& user) const;
    bool has_slot() const;
    void tidy();
    void note_memory(Time now);
    // Idle workers that nobody was promised, and those who wait with fewer sessions than the user has.
    bool must_yield(const std::string& user, Time now) const;
    void fulfil(Session& session, std::uint32_t pid);
    void finish(Key key);
    void hold(Key key);
    void slot_or_place(Key key, Time now);
    void give_slot(Key key, Time now);
    void name(Key key, const Pids& pids, Time now);
    wire::Cold lookup_why(const Lookup& lookup, Time now);
    void settle(Time now);
    // The waiting user with the fewest sessions who has a yielded worker, if it isn't needed for others.
    bool take_back(Time now);
    // When the latest of the user's yielded workers that can serve the lookup came into its place.
    std::uint64_t best_worker(Key key, Time now) const;
    void give_slots(Time now);
    int chain_of(std::uint32_t pid, const Worker& worker) const;
    // `used`: it goes to the front of wherever it belongs.
    void place(std::uint32_t pid, bool used);
    Pids candidates(const std::string& user, const protocol::IdentityHash& identity, Time now, wire::Cold& why,
        bool without_idle = false);
    wire::Cold why_gone(const std::string& user) const;
    void offer_to_waiting(std::uint32_t pid, Time now);
};

} // namespace hearth::anvil::testing
