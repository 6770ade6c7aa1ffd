// SPDX-License-Identifier: Apache-2.0
// The ledger: who is connected where, which workers are idle since when, who waits. Pure: every event comes in as a
// call with the time it happened, every decision goes out as a value. No system calls, no logging, no clock.
//
// Facts come from two sides. Workers and the master report what is; logins ask, and an answer promises something: a
// lease on a session (it counts for mail_max_userip_connections at once), a slot for a new worker, a place in the
// queue. A promise ends when a worker's report makes it a fact, when the login cancels or goes away, or by deadline.
//
// Answers that come due (at once or later) are collected; the caller takes them with take_answers() after each event,
// and sets its timer to next_deadline().
#pragma once

#include "bounds.hpp"
#include "counters.hpp"
#include "expectation.hpp"
#include "leases.hpp"
#include "limit_watch.hpp"
#include "queue.hpp"
#include "reuse_distances.hpp"
#include "sessions.hpp"
#include "tally.hpp"

#include <deque>
#include <functional>
#include <optional>

namespace hearth::anvil {

namespace wire = protocol::anvil;

/// A Route for a login's stream.
struct Answer {
    StreamId stream = 0;
    wire::Route route;
};

/// One bound worker as the administrator sees it.
struct WorkerView {
    std::string service, user;
    std::uint32_t pid = 0, generation = 0, served = 0;
    Standing standing{};
    std::uint32_t memory_kib = 0;            ///< when it was idle last; 0: not measured
    std::optional<wire::ExitReason> before;  ///< why the user's worker before this one ended
    std::chrono::milliseconds age{}, idle{}; ///< idle: 0 while it has a session
    struct SessionView {
        SessionId id;
        std::string ip;
        std::chrono::milliseconds age{};
    };
    std::vector<SessionView> sessions;
};

/// One service as the administrator sees it.
struct ServiceView {
    std::string service;
    std::uint32_t process_limit = 0, bound = 0, peak = 0; ///< peak: of bound, since anvil started
    std::uint32_t idle = 0, cold = 0, waiting = 0, excess = 0;
    std::chrono::milliseconds longest_waiting{}; ///< of those who wait now
    std::uint32_t measured = 0;                  ///< idle workers with a known memory
    std::uint64_t memory_kib = 0, memory_limit_kib = 0; ///< theirs together; idle_memory_limit, 0: none
    bool least_expected = false; ///< evict_order
    Tally total, minute, hour;
};

/// What another process_limit would do, by the users' comings and goings so far: for `hearth sizing`.
struct SizingView {
    std::string service;
    std::uint32_t process_limit = 0;
    double workers_per_user = 1;     ///< of those who have any; a user with parallel connections has several
    std::uint64_t visits = 0;        ///< how much was seen: users that came while they were away
    double users = 0;                ///< who came at all, by the sample's account
    std::uint64_t average_kib = 0;   ///< of an idle worker; 0: not known
    struct Row {
        std::uint32_t process_limit = 0;
        double hit_ratio = 0; ///< of visits
    };
    std::vector<Row> rows; ///< half, once, twice and four times the limit
};

/// One user of a service as `hearth top` shows it.
struct UserView {
    std::string service, user;
    std::uint32_t workers = 0, sessions = 0, waiting = 0; ///< sessions: those of workers; waiting: lookups in the queue
    std::uint32_t pid = 0, served = 0, memory_kib = 0;    ///< of the worker that was used last; 0: none
    std::chrono::milliseconds idle{};                     ///< of that one; 0 while it has a session
};

/// process_limit is too small, or soon: for the log.
struct LimitRemark {
    std::string service;
    std::optional<LimitWatch::Refusals> refusals; ///< nothing: nearly all are busy
    std::uint32_t limit = 0, bound = 0, busy = 0, peak = 0, waiting = 0;
    std::uint64_t average_kib = 0; ///< of an idle worker; 0: not known
};

class Ledger {
public:
    struct Options {
        protocol::Key key{};            ///< of the identity tags
        std::uint64_t epoch = 0;        ///< only the roster of this epoch counts
        std::uint32_t userip_limit = 0; ///< mail_max_userip_connections; 0: off
    };
    explicit Ledger(const Options& options);
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    // ---- What is: from workers, `pid` as the kernel attests it ----
    Reception report(const wire::WorkerReport& report, std::uint32_t pid, Time now);

    // ---- What is: from the master ----
    Reception roster(const wire::Roster& roster, Time now);
    Reception limits(const wire::ServiceLimits& limits, Time now);
    /// Counts for lookups from now on; who is in already stays.
    Reception user_limit(const wire::UserLimit& limit);
    Reception started(const wire::Started& started, Time now);
    Reception exited(const wire::Exited& exited, Time now);

    // ---- What is asked: from logins ----
    void lookup(StreamId stream, const wire::Lookup& request, Time now);
    void none_took(StreamId stream, std::uint32_t id, Time now);
    /// Only a lookup of the same stream can be cancelled.
    void cancel(StreamId stream, std::uint32_t id, Time now);
    void silent(std::uint32_t pid, Time now);
    void stream_closed(StreamId stream, Time now);

    // ---- The master's question ----
    /// Idle workers, longest idle first, at most `count`; none that was named to anybody a moment ago.
    std::vector<std::uint32_t> evictable(std::string_view service, std::size_t count, Time now);

    // ---- Time ----
    [[nodiscard]] std::optional<Time> next_deadline() const;
    void expire(Time now);

    // ---- What goes out ----
    [[nodiscard]] std::vector<Answer> take_answers() { return std::exchange(answers_, {}); }
    /// Demands that changed since they were taken last, and those of services where somebody waits and more idle
    /// workers could go than then.
    [[nodiscard]] std::vector<wire::Demand> take_demands();
    [[nodiscard]] std::vector<LimitRemark> take_remarks() { return std::exchange(remarks_, {}); }
    /// A new link to the master knows nothing: all demands are new.
    void forget_told_demands();

    // ---- What the administrator sees ----
    [[nodiscard]] std::vector<std::uint32_t> bound_pids() const;
    [[nodiscard]] std::optional<WorkerView> view(std::uint32_t pid, Time now) const;
    /// Of the services that the master gave a limit.
    [[nodiscard]] std::vector<ServiceView> services(Time now) const;
    /// The `limit` users who wait for most, have most sessions, most workers: in this order, most first. Looks at all
    /// users once.
    [[nodiscard]] std::vector<UserView> top(std::size_t limit, Time now) const;
    /// Sessions with a worker whose user and address pass.
    using Filter = std::function<bool(std::string_view)>;
    [[nodiscard]] std::vector<wire::Kick> sessions_of(const Filter& user, const Filter& address) const;
    [[nodiscard]] const Counters& counters() const { return counters_; }
    [[nodiscard]] std::size_t waiting() const;
    [[nodiscard]] std::size_t cold_slots() const;
    [[nodiscard]] std::size_t lease_count() const { return leases_.size(); }
    [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }
    [[nodiscard]] std::size_t worker_count() const { return workers_.size(); }
    [[nodiscard]] std::size_t user_count() const { return users_.size(); }
    [[nodiscard]] std::vector<SizingView> sizing() const;
    [[nodiscard]] std::size_t remembered_count() const { return histories_.size(); }
    [[nodiscard]] bool is_restored() const { return phase_ == Phase::live; }
    /// Sessions and leases of a user at a service from an address.
    [[nodiscard]] std::uint32_t count(std::string_view service, std::string_view user, std::string_view address) const;
    /// For what the shell decides about a datagram before the ledger sees it.
    void count_dropped(Reception why) { ++counters_.reports[static_cast<std::size_t>(why)]; }

    /// Aborts if any two facts contradict each other. Takes time by the number of everything.
    void verify_invariants() const;

private:
    enum class Phase : std::uint8_t {
        awaiting_roster, ///< new: everything but the roster is void
        gathering,       ///< the roster is there, not all of it has reported: lookups are held
        live,
    };
    struct Service {
        std::string name;
        std::uint32_t process_limit = 0, generation = 0;
        bool has_limits = false;
        std::uint32_t bound = 0; ///< workers with a user, leaving ones included
        std::uint32_t leaving = 0; ///< of these: said so, and end soon
        std::uint32_t cold = 0;  ///< slots given to lookups whose worker isn't there yet
        std::uint32_t peak = 0;  ///< the most that `bound` ever was
        IdlePool idle;           ///< evictable workers
        MemoryWatch memory;
        WaitQueue queue;
        Tallies tallies;
        LimitWatch watch;
        bool least_expected = false; ///< evict_order; then `returns` holds the idle workers
        Expectation expectation;
        ReturnOrder returns{expectation};
        ReuseDistances distances;
        std::uint32_t told_cold = 0, told_waiting = 0, told_excess = 0, told_spare = 0;
    };
    /// A worker that is nobody's first choice until then, if it doesn't speak before.
    struct Reservation {
        Time until{};
        Index worker = none;
    };
    struct Held {
        StreamId stream = 0;
        wire::Lookup request;
        Time until{};
    };
    /// What is known of a user's workers for one lookup.
    struct Candidates {
        std::vector<std::uint32_t> pids;
        wire::Cold why = wire::Cold::first; ///< if there are none
        bool warm = false;                  ///< the first one isn't full
    };

    // ledger_services.cpp
    [[nodiscard]] std::optional<ServiceIndex> find_service(std::string_view name) const;
    std::optional<ServiceIndex> intern_service(std::string_view name);
    void forget_worker(Index worker, wire::ExitReason reason, Time now);
    void order_idle(Service& service, bool least_expected, Time now);
    void place(Index worker, bool used, Time now);
    Index acquire_user(ServiceIndex service, std::string_view name);
    [[nodiscard]] std::vector<Index> longest_idle(const Service& service, std::size_t count, Time now) const;
    void attend(Service& service, Time now);
    void end_reservations(Time now);
    void end_reservations(std::deque<Reservation>& queue, Time now);
    IdlePool& idle_of(Index worker) { return services_[workers_[worker].service].idle; }
    void end_gathering_if_complete(Time now);

    // ledger_reports.cpp
    Reception judge(const wire::WorkerReport& report, Index worker) const;
    void bind(Index worker, const wire::WorkerReport& report, Time now);
    void replace_sessions(Index worker, const wire::WorkerReport& report, Time now);
    void end_reported(const wire::WorkerReport& report, Index worker, Time now);
    void lease_reported(Index session, std::uint32_t pid, Time now);
    void drop_from_owner(Index session, Time now);
    void offer_to_waiting(Index worker, Time now);

    // ledger_lookups.cpp
    [[nodiscard]] bool must_hold(std::string_view service, Time now) const;
    void release_held(Time now);
    void route(const Held& held, Time now, bool after_restart);
    Candidates candidates(
        Index user, const protocol::IdentityHash& identity, Time now, bool without_idle = false) const;
    [[nodiscard]] wire::Cold why_none(Index user) const;
    void answer_candidates(Index lease, const Candidates& found, Time now);
    void slot_or_place(Index lease, Time now);
    void give_slot(Index lease, Time now);
    void refuse_queue(Index lease, Time now);
    void leave_stage(Index lease, Time now);
    void hold_session(Index lease, Time now);
    void let_session_go(Index lease, Time now);
    void finish(Index lease, Time now);
    void settle(Time now);
    [[nodiscard]] bool has_slot(const Service& service) const;
    void load_changed(ServiceIndex service, Index user, Time now);
    void say(StreamId stream, std::uint32_t id, wire::Verdict verdict, wire::Cold why, std::uint32_t limit,
        std::vector<std::uint32_t> pids = {});

    // ledger_views.cpp
    [[nodiscard]] UserView user_view(Index user, Time now) const;

    // ledger_yielding.cpp
    [[nodiscard]] bool must_yield(Index user) const;
    void yield_idle(Index user, const protocol::IdentityHash& identity, Time now);
    void take_back_yielded(Service& service, Time now);
    Index next_to_take_back(const Service& service, Time now) const;
    Index lookup_for_yielded(const Service& service, Index user, Time now) const;

    // ledger_check.cpp
    void verify_users() const;
    void verify_workers() const;
    void verify_sessions() const;
    void verify_leases() const;

    Reception counted(Reception reception);

    Options options_;
    Phase phase_ = Phase::awaiting_roster;
    Time gathered_by_{};             ///< once gathering: when lookups are answered in any case
    std::uint32_t awaited_ = 0;      ///< workers of the roster that haven't reported
    std::vector<bool> roster_parts_; ///< which parts of the roster came
    std::deque<Service> services_;
    Addresses addresses_;
    Users users_;
    Workers workers_{users_};
    Sessions sessions_{users_, workers_, addresses_};
    Leases leases_;
    Histories histories_;
    std::deque<Reservation> offered_, named_; // of offered_time and evictee_time, each by deadline
    std::vector<Held> held_;
    std::uint64_t arrivals_ = 0; ///< lookups that went into a queue so far
    std::uint32_t marks_ = 0;    ///< reports applied so far
    std::vector<Answer> answers_;
    std::vector<LimitRemark> remarks_;
    Counters counters_;
};

} // namespace hearth::anvil
