// SPDX-License-Identifier: Apache-2.0
// A worker process, all of it but main(): what it was given comes in as Deps, so a test can run one without a master.
// The decisions are Life's; each verb has its file: take.cpp (an offer becomes a session), finish.cpp (a session ends),
// leave.cpp (the process ends), worker.cpp (the wiring, what the master says, the clock).
#pragma once

#include "config/snapshot.hpp"
#include "worker/gate.hpp"
#include "worker/grant_check.hpp"
#include "worker/life.hpp"
#include "worker/notices.hpp"
#include "worker/offers.hpp"
#include "worker/reports.hpp"
#include "worker/session_state.hpp"
#include "worker/settings.hpp"
#include "worker/signals.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

namespace hearth::worker {

/// What a worker was started with.
struct Deps {
    std::string service;
    std::uint32_t generation = 0;
    bool managed = false;           ///< it is root and becomes the grant's user; else it is one user's for all
    uid_t auth_uid = 0;             ///< who makes grants
    std::optional<gid_t> login_gid; ///< whom an open gate lets in (managed)
    pid_t master_pid = 0;           ///< 0: no master, then its death can't be noticed that way
    std::string gate;               ///< path of its own listener, relative to the working directory
    std::string report_path;        ///< anvil's datagram socket, likewise; empty: no reports
    UniqueFd shared;                ///< the service's listener
    UniqueFd life, notify;          ///< may be empty in tests
    UniqueFd go;                    ///< its end says that anvil knows of this process; may be empty
    UniqueFd signals;               ///< block_signals()'s
    config::Snapshot snapshot;
    WorkerSettings settings; ///< with the generation in its limits left to the worker
};

class Worker {
public:
    Worker(boost::asio::io_context& io, Deps deps, Handler handler, Hooks hooks);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Makes everything ready and says READY. Throws std::system_error. The io_context is stopped when the worker's
    /// life is over.
    void start();
    /// Closes all descriptors, so that its coroutines end when the io_context is run once more.
    void close();
    [[nodiscard]] int exit_code() const { return exit_code_; }

    /// How long a worker must have been idle until it gives memory back: a series of clicks shouldn't pay for that.
    static constexpr auto settle_time = std::chrono::milliseconds(500);
    /// How long the last words to master and anvil may take when their queues are full.
    static constexpr auto farewell_time = std::chrono::seconds(1);

private:
    using SessionPtr = std::shared_ptr<Session::State>;
    struct Bound { // whose process this is
        std::shared_ptr<const protocol::Identity> identity;
        protocol::IdentityHash hash{};
        protocol::Tag tag{};
    };

    // take.cpp
    void consider(int connection, Origin origin, net::Received offer);
    void decide(int connection, Origin origin, net::Received& offer);
    bool decline_unread(int connection, Origin origin, std::uint32_t generation);
    void refuse(int connection, const Refusal& refusal);
    bool unite(int connection, const protocol::Grant& grant);
    bool bind(const protocol::Grant& grant);
    bool confirm(int connection, const protocol::Identity& offered);
    void commit(int connection, const protocol::Grant& grant, const protocol::OfferHead& head, net::Received& offer);
    void warn(const std::string& text);

    // finish.cpp
    boost::asio::awaitable<void> run_session(SessionPtr session);
    boost::asio::awaitable<void> serve(SessionPtr session);
    [[nodiscard]] bool may_free_first(const Session::State& session) const;
    void free_first(const SessionPtr& session);
    boost::asio::awaitable<void> write_first(SessionPtr session);
    boost::asio::awaitable<void> drain(UniqueFd client, std::string rest);
    void forget(const SessionPtr& session);

    // leave.cpp
    void leave(LeaveReason reason);
    void answer_leave(std::uint32_t sequence);
    void settle();
    void begin_leaving();
    boost::asio::awaitable<void> wind_down();
    void changed();

    // worker.cpp
    boost::asio::awaitable<void> obey_signals();
    void obey(const Order& order);
    void kick(std::uint32_t word);
    void tell_memory();
    void watch_life();
    void arm_timer();
    void timer_fired();
    void set_gate();
    void publish();
    std::optional<protocol::anvil::WorkerReport> report() const;
    void connect_anvil();
    void identify(const Session::State* session) const;

    boost::asio::io_context& io_;
    boost::asio::any_io_executor executor_;
    Deps deps_;
    Handler handler_;
    Hooks hooks_;
    GrantRules rules_;
    Life life_;
    std::optional<Gate> gate_;
    std::optional<Bound> bound_;
    std::vector<SessionPtr> sessions_;

    Reports reports_;
    Notices notices_;
    Signals signals_;
    Offers offers_;
    boost::asio::posix::stream_descriptor shared_, gate_door_, life_pipe_;
    boost::asio::steady_timer timer_;   // for Life::passed() and for giving memory back
    boost::asio::steady_timer changed_; // never expires: cancelled to wake wind_down()
    std::optional<Time> timer_at_;
    bool settled_ = false;  // memory was given back in this idle period
    bool leaving_ = false;  // begin_leaving() was here
    bool draining_ = false; // at most one drain of last bytes at a time
    std::uint32_t memory_kib_ = 0; // as told last
    Time warned_{};
    int exit_code_ = 0;
};

/// Runs a worker to the end of its life; returns the exit code. Throws what start() throws.
int run(Deps deps, Handler handler, Hooks hooks);

} // namespace hearth::worker
