// SPDX-License-Identifier: Apache-2.0
// The shell around the roster: it turns what happens (signals, datagrams, deaths, anvil's words) into the roster's
// events, and the roster's actions into processes and signals. No decision is made here but the order of words.
#pragma once

#include "anvil_link.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "launch.hpp"
#include "listen.hpp"
#include "listener_watch.hpp"
#include "log_sink.hpp"
#include "notify.hpp"
#include "options.hpp"
#include "plan.hpp"
#include "reap.hpp"
#include "roster.hpp"
#include "run_directory.hpp"
#include "signals.hpp"
#include "zygote_link.hpp"
#include "zygotes.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace hearth::master {

/// One instance. Lives as long as the io_context runs.
class Supervisor {
public:
    /// How long those wait whose death shared its signal with another one, for each process there is: a look at all of them
    /// costs 0.1 us each, so it never takes more than a 250th of the time.
    static constexpr auto reap_pause = std::chrono::microseconds(25);

    Supervisor(boost::asio::io_context& io, LogSink& log, Options options, Plan plan, RunDirectory directory);
    ~Supervisor();

    /// Makes sockets, proves the gate, starts the first processes. After a complaint nothing was started.
    Checked<void> start(std::vector<UniqueFd> activation_sockets);

    // ---- For signals and for the administrator.

    /// Reads the configuration again; on a complaint (all errors, as `hearth check` prints them) the old one stays.
    Checked<std::uint32_t> reload();
    void stop();

    [[nodiscard]] const Roster& roster() const { return roster_; }
    [[nodiscard]] const Zygotes& zygotes() const { return zygotes_; }
    [[nodiscard]] const Plan& plan() const { return plan_; }
    [[nodiscard]] const LogSink& log() const { return log_; }
    [[nodiscard]] Time started_at() const { return started_at_; }
    /// An offer waits on the service's shared listener, which nobody accepts.
    [[nodiscard]] bool offer_waits(std::string_view service) const;
    /// Datagrams of processes that the master doesn't know.
    [[nodiscard]] std::uint64_t unknown_senders() const { return unknown_senders_; }

private:
    // supervisor.cpp
    Checked<void> make_settings(const Plan& plan);
    void configure(std::uint32_t generation);
    [[nodiscard]] int shared_listener(std::string_view service) const;
    void apply();
    void arm_timer();
    void heartbeat(std::chrono::microseconds interval);
    void perform(const SignalLeave& action);
    void perform(const SignalRetire& action);
    void perform(const Terminate& action);
    void perform(const Kill& action);
    void perform(const AskEvictable& action);
    void perform(const PollListener& action);
    void perform(const Settled& action);
    void perform(const Stopped& action);
    void perform(const Remark& action);

    // supervisor_start.cpp
    void perform(const Spawn& action);
    void perform(const LaunchZygote& action);
    void perform(const AskZygote& action);
    void perform(const StartByExec& action);
    void perform(const StartDone& action);
    void perform(const StartLost& action);
    void perform(const CloseLink& action);
    void perform(const KillZygote& action);
    void perform(const EndStrangers& action);
    Result<pid_t> launch(const ServicePlan& service, std::vector<std::pair<std::string, int>> descriptors, bool zygote);
    void start_by_exec(const std::string& name);
    void on_hello(pid_t sender, std::uint64_t order);

    // supervisor_events.cpp
    void on_signal(int signal, pid_t sender);
    void on_notice(pid_t sender, const Notice& notice);
    void on_push(const protocol::anvil::MasterPush& push);
    void on_anvil_lost();
    void on_anvil_stuck();
    void anvil_started(pid_t pid);
    void anvil_ready();
    void anvil_flushed();
    void tell_started(pid_t pid, const std::string& service);
    void roll(pid_t pid);
    void send_limits();
    void on_death(pid_t child);
    void reap();
    void hear();
    bool may_reap(const Exit& exit);
    void reaped(const Exit& exit);
    void zygote_reaped(const Exit& exit);
    void trace(std::string_view service, pid_t pid, std::string_view what, std::string_view why = {});
    void log_end(const ProcessView& process, ExitReason reason);
    void finish_stop();

    boost::asio::io_context& io_;
    LogSink& log_;
    const Options options_;
    Plan plan_;
    RunDirectory directory_;
    const Time started_at_;

    Roster roster_;
    Zygotes zygotes_;
    Launcher launcher_;
    Listeners listeners_;
    ListenerWatch watch_;
    NotifySocket notify_;
    Signals signals_;
    Reaper reaper_;
    AnvilLink link_;
    ZygoteLinks zygote_links_;
    boost::asio::steady_timer timer_, heartbeat_timer_, reap_timer_;
    bool reap_due_ = false; // reap_timer_ runs
    std::unique_ptr<class Admin> admin_;

    UniqueFd null_, life_read_, life_write_, key_;
    std::map<std::string, UniqueFd, std::less<>> settings_;             // sealed snapshots by service
    std::map<std::string, std::string, std::less<>> process_listeners_; // by service, also of services that are gone
    bool reset_oom_score_ = false;
    bool applying_ = false;
    bool stopped_ = false; // the roster's part of a stop is done
    std::map<std::uint64_t, UniqueFd> go_; // by order under way: closed when our word of the worker is on its way to anvil
    pid_t anvil_pid_ = 0;
    bool roll_wanted_ = false; // bound workers are to report to the new anvil as soon as it has the roster
    std::set<pid_t> told_late_; // workers whose first report may have been in anvil's queue before our word of them
    std::uint64_t epoch_ = 0;
    pid_t told_of_ = 0; // the zombie whose exit was given to the link already
    std::uint64_t unknown_senders_ = 0;
};

} // namespace hearth::master
