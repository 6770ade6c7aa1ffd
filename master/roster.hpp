// SPDX-License-Identifier: Apache-2.0
// Which processes live, and what to do about it: start, evict, retire, end. Pure: events and the clock come in, actions
// go out (take_actions()), no system call, no log. O(log n) per event.
//
// Two shapes of services. *Fixed* ones (anvil, auth, login, other) have max(1, process_min_avail) processes, always.
// *Worker* services have as many as their users need: spare (unbound) ones for process_min_avail and for the newcomers
// that anvil counts (Demand.cold), up to process_limit; bound ones stay until they leave by themselves or are evicted.
//
// Capacity of a worker service. A bound worker is no capacity; everything else is: free slots, unbound and leaving
// workers, and those that were asked to leave. Wanted is process_limit_reserve + cold + waiting. What is missing is
// asked for: first anvil names the longest idle, then those are asked by signal, and only the worker itself decides.
#pragma once

#include "base/clock.hpp"
#include "protocol/anvil.hpp"
#include "roster_actions.hpp"
#include "throttle.hpp"
#include "worker_state.hpp"

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hearth::master {

using protocol::anvil::ExitReason;

/// Order of start and of a reload; stopping goes the other way round.
enum class Stage : std::uint8_t { anvil, auth, worker, login };

/// What the roster has to know of a configured service.
struct ServiceRule {
    std::string name;
    Stage stage = Stage::worker;
    bool per_user = false; ///< a worker service
    std::uint32_t process_limit = 1;
    std::uint32_t process_min_avail = 0;
    std::uint32_t process_limit_reserve = 0;
};

/// One process, for the administrator.
struct ProcessView {
    pid_t pid = 0;
    std::string service;
    WorkerState state{};
    std::uint32_t generation = 0;
    Time started, changed;
    std::optional<Time> asked; ///< when it was last asked to leave, terminated or killed
};

/// One service, for the administrator.
struct ServiceView {
    std::string name;
    bool per_user = false, listening = false, removed = false, healthy = false;
    std::array<std::uint32_t, worker_states> count{};
    std::uint32_t process_limit = 0, process_min_avail = 0, process_limit_reserve = 0, generation = 0;
    std::uint32_t cold = 0, waiting = 0, peak = 0, failures_in_second = 0;
    std::uint64_t started = 0, evicted = 0, declined = 0, failed = 0, limit_hits = 0;
    std::optional<Time> throttled_until, last_failure;
    Clock::duration start_time{}; ///< from the decision to READY, of the last that got ready
    std::uint32_t excess = 0;     ///< anvil's last word: idle workers too many for idle_memory_limit
    std::uint32_t idle_kib = 0;   ///< what an idle worker holds, on average; 0: none has said so yet
    std::array<std::uint64_t, protocol::anvil::exit_reason_count> ends{}; ///< by ExitReason
    [[nodiscard]] std::uint32_t live() const { return count[0] + count[1] + count[2] + count[3]; }
};

class Roster {
public:
    static constexpr auto starting_time_max = std::chrono::seconds(30); ///< to READY, else SIGKILL
    static constexpr auto answer_time_max = std::chrono::seconds(1);    ///< to answer leave; none means busy
    static constexpr auto busy_time_min = std::chrono::seconds(1);      ///< one who stayed isn't asked again sooner,
    static constexpr auto idle_again_min = std::chrono::milliseconds(250); ///< or so if anvil says that it is idle
    static constexpr auto evicted_exit_max = std::chrono::seconds(10);  ///< from an idle worker's LEAVING to its exit
    static constexpr auto anvil_answer_max = std::chrono::milliseconds(50);
    static constexpr auto evict_pause = std::chrono::milliseconds(100); ///< after an answer that helped nothing
    static constexpr auto round_time = std::chrono::milliseconds(20);
    static constexpr std::uint32_t spawns_per_round = 10; ///< of one service
    static constexpr auto limit_remark_pause = std::chrono::seconds(10);
    static constexpr std::uint32_t nearly_full_percent = 80;                 ///< of process_limit: worth a warning
    static constexpr auto nearly_full_pause = std::chrono::minutes(10); ///< between two of them
    static constexpr auto burst_memory = std::chrono::seconds(1);
    static constexpr auto stage_time_max = std::chrono::seconds(10); ///< a stage that isn't ready holds the next no longer
    static constexpr auto stop_login_max = std::chrono::seconds(2), stop_centre_max = std::chrono::seconds(2),
                          stop_kill_max = std::chrono::seconds(2);
    static constexpr auto stop_grace = std::chrono::seconds(10);       ///< for workers, while none of them ends
    static constexpr auto stop_workers_max = std::chrono::seconds(60); ///< for all of them, however many end

    // ---- Events. Each is followed by take_actions().

    /// The configuration; again on a reload, with a higher generation. Services that aren't named any more are ended.
    void configure(std::span<const ServiceRule> rules, std::uint32_t generation, Time now);
    /// `generation`: of the configuration that it was started with; a reload may have come between.
    void started(std::string_view service, pid_t pid, std::uint32_t generation, Time now);
    void spawn_failed(std::string_view service, Time now);
    /// Nothing came of a start, and it's not the service's fault: another one if it is wanted still.
    void spawn_lost(std::string_view service, Time now);
    void ready(pid_t pid, Time now);
    void bound(pid_t pid, Time now);
    /// `reason`: HEARTH_REASON, the worker's own word.
    void leaving(pid_t pid, std::uint32_t sequence, std::string_view reason, Time now);
    void staying(pid_t pid, std::uint32_t sequence, Time now);
    /// It is dead; `clean` means exit status 0.
    void exited(pid_t pid, bool clean, Time now);
    /// A worker that has settled idle says what it holds.
    void memory(pid_t pid, std::uint32_t kib);
    void demand(std::string_view service, std::uint32_t cold, std::uint32_t waiting, std::uint32_t excess, Time now);
    void evictees(std::uint32_t id, std::span<const std::uint32_t> pids, Time now);
    void anvil_link(bool up, Time now);
    void listener_ready(std::string_view service, Time now);
    void stop(bool end_sessions, Time now);
    void tick(Time now);

    [[nodiscard]] std::vector<Action> take_actions();
    /// When tick() has something to do next.
    [[nodiscard]] std::optional<Time> next_deadline() const;

    // ---- Questions.

    [[nodiscard]] bool knows(pid_t pid) const { return workers_.contains(pid); }
    [[nodiscard]] std::optional<ProcessView> process(pid_t pid) const;
    [[nodiscard]] std::vector<ProcessView> processes() const;
    /// Why this process ended, if it is dead now; `clean`: with exit status 0.
    [[nodiscard]] ExitReason end_of(pid_t pid, bool clean) const;
    [[nodiscard]] std::vector<ServiceView> services(Time now) const;
    [[nodiscard]] std::uint32_t generation() const { return generation_; }
    [[nodiscard]] bool is_stopping() const { return stop_ != Stop::none; }
    [[nodiscard]] std::size_t process_count() const { return workers_.size(); }
    /// Moves that the transition table doesn't have.
    [[nodiscard]] std::uint64_t illegal_moves() const { return illegal_moves_; }
    /// Throws std::logic_error when a counter or index contradicts the process table.
    void verify_invariants() const;

private:
    struct Pool {
        ServiceRule rule;
        bool removed = false;
        Throttle throttle;
        std::array<std::uint32_t, worker_states> count{}; // of all generations; `gone` stays 0
        std::uint32_t fresh_starting = 0, fresh_unbound = 0; // of these: of this generation
        std::uint32_t spawning = 0;                         // Spawn was emitted, the answer is awaited
        std::deque<Time> decided;                           // when, for each of these
        Clock::duration start_time{};
        std::uint32_t cold = 0, waiting = 0, excess = 0;
        bool polling = false;
        std::uint32_t burst = 1;
        Time burst_at{};
        Time round_began{};
        std::uint32_t round_spawns = 0;
        std::set<std::pair<Time, pid_t>> bound_order; // bound and not asked, the one last known busy longest ago first
        std::uint32_t asked = 0;                      // bound, with an open leave request
        std::uint32_t for_memory = 0;                 // asked, or leaving, because of idle_memory_limit
        std::uint32_t ask_id = 0;                     // of the open AskEvictable, 0: none
        Time ask_deadline{}, evict_not_before{};
        std::optional<Time> wake; // when to look again at starting or evicting
        std::uint32_t peak = 0;
        std::uint64_t total = 0, evicted = 0, declined = 0, failed = 0, limit_hits = 0;
        std::optional<Time> last_failure;
        bool at_limit = false, nearly_full = false;
        std::optional<Time> limit_said, nearly_full_said;
        std::uint32_t idle_kib = 0;
        std::array<std::uint64_t, protocol::anvil::exit_reason_count> ends{};
        std::set<pid_t> fixed; // the processes, where there are few; empty for worker services

        [[nodiscard]] std::uint32_t in(WorkerState state) const { return count[static_cast<std::size_t>(state)]; }
        [[nodiscard]] std::uint32_t live() const { return count[0] + count[1] + count[2] + count[3]; }
        [[nodiscard]] std::uint32_t fresh() const { return fresh_starting + fresh_unbound; }
        [[nodiscard]] std::uint32_t room() const;
        [[nodiscard]] std::uint32_t fixed_target() const;
    };
    struct Worker {
        pid_t pid = 0;
        Pool* pool = nullptr;
        WorkerState state = WorkerState::starting;
        std::uint32_t generation = 0;
        Time wanted, started, changed, busy_seen;
        std::uint32_t request = 0; // open leave request, 0: none
        bool ended_by_us = false;  // terminated, killed or retired: its end is no failure
        bool for_memory = false;   // asked because of idle_memory_limit
        std::optional<ExitReason> reason; // why it leaves, as far as known
        std::optional<Time> deadline, asked;
    };
    enum class Stop : std::uint8_t { none, logins, workers, centre, done };

    Pool* find_pool(std::string_view service);
    Worker* find_worker(pid_t pid);
    void add_worker(Pool& pool, pid_t pid, std::uint32_t generation, Time now);
    /// A start is under way no more; when it was decided.
    static Time spawn_over(Pool& pool, Time now);
    bool forget_if_removed(Pool& pool, Time now);
    bool move(Worker& worker, WorkerEvent event, Time now);
    void count_worker(const Worker& worker, bool add);
    void set_deadline(Worker& worker, std::optional<Time> deadline);
    void close_request(Worker& worker, Time now);
    void retire(Worker& worker, Time now);
    void terminate(Worker& worker, Time now);
    void kill(Worker& worker, std::string why, Time now);
    void worker_overdue(Worker& worker, Time now);
    void after(Pool& pool, Time now);

    // roster_capacity.cpp
    void evaluate(Pool& pool, Time now);
    void start_wanted(Pool& pool, Time now);
    void note_limit(Pool& pool, Time now);
    void note_nearly_full(Pool& pool, Time now);
    void spawn(Pool& pool, std::uint32_t count, Time now);
    void watch_listener(Pool& pool, Time now);
    void evict(Pool& pool, Time now);
    [[nodiscard]] std::uint32_t deficit(const Pool& pool) const;
    [[nodiscard]] static std::uint32_t surplus(const Pool& pool);
    void ask_to_leave(Worker& worker, bool for_memory, Time now);
    void ask_oldest(Pool& pool, std::uint32_t count, Time now);

    // roster_stages.cpp
    [[nodiscard]] bool is_satisfied(const Pool& pool) const;
    void advance(Time now);
    void tell_unready(bool going_on);
    void replace(Worker& worker, Time now);
    void end_old_processes(Time now);
    void advance_stop(Time now);
    [[nodiscard]] bool any_alive(Stage first, Stage last) const;
    void terminate_stages(Stage first, Stage last, Time now);
    void go_on_waiting(Time now);
    void kill_stages(Stage first, Stage last, Time now);

    std::map<std::string, Pool, std::less<>> pools_;
    std::unordered_map<pid_t, Worker> workers_;
    std::set<std::pair<Time, pid_t>> deadlines_;
    std::vector<Action> actions_;
    std::uint32_t generation_ = 0, sequence_ = 0, ask_sequence_ = 0;
    std::uint64_t illegal_moves_ = 0;
    bool anvil_up_ = false, end_sessions_ = true, settled_ = false;
    bool old_processes_ = false; // fixed ones of an earlier generation may be alive
    Stage stage_ = Stage::anvil;
    Time stage_deadline_{};
    Stop stop_ = Stop::none;
    bool stop_killed_ = false; // in this phase
    Time stop_deadline_{};
    Time stop_latest_{}; // of the workers' phase
};

} // namespace hearth::master
