// SPDX-License-Identifier: Apache-2.0
// What happens to the master: signals, words of its processes, anvil's life, deaths.
#include "protocol/service.hpp"
#include "supervisor.hpp"

#include <boost/asio/post.hpp>
#include <csignal>
#include <unistd.h>
#include <utility>

namespace hearth::master {

namespace anvil = protocol::anvil;

namespace {

// What a process does to itself, or an attacker to it; not what others send it.
bool is_crash(int signal) {
    switch (signal) {
    case SIGSEGV: case SIGABRT: case SIGBUS: case SIGILL: case SIGFPE: case SIGSYS: return true;
    default: return false;
    }
}

} // namespace

void Supervisor::on_signal(int signal, pid_t sender) {
    switch (signal) {
    case SIGCHLD: return on_death(sender);
    case SIGHUP: static_cast<void>(reload()); return; // it logs what was wrong
    case SIGUSR1: return log_.reopen();
    default: return stop();
    }
}

void Supervisor::on_notice(pid_t sender, const Notice& notice) {
    const auto now = Clock::now();
    if (zygotes_.knows(sender)) {
        if (notice.ready) zygotes_.ready(sender, notice.zygote, now);
        return apply();
    }
    if (notice.hello != 0) on_hello(sender, notice.hello);
    const auto process = roster_.process(sender);
    if (!process) {
        ++unknown_senders_;
        return;
    }
    if (notice.ready) {
        trace(process->service, sender, "ready");
        roster_.ready(sender, now);
        if (link_.is_flushed() && told_late_.erase(sender) != 0) roll(sender);
        if (sender == anvil_pid_) {
            roll_wanted_ = true;
            anvil_ready();
        }
    }
    if (notice.bound) {
        trace(process->service, sender, "bound");
        roster_.bound(sender, now);
    }
    if (notice.staying) {
        trace(process->service, sender, "staying");
        roster_.staying(sender, notice.sequence, now);
    }
    if (notice.memory_kib != 0) roster_.memory(sender, notice.memory_kib);
    if (notice.leaving) {
        trace(process->service, sender, "leaving", notice.reason);
        roster_.leaving(sender, notice.sequence, notice.reason, now);
    }
    apply();
}

// ---- Anvil

void Supervisor::anvil_started(pid_t pid) {
    anvil_pid_ = pid;
    roll_wanted_ = false;
    told_late_.clear(); // the roster names them all
    std::vector<anvil::Roster::Process> processes;
    for (const auto& process : roster_.processes())
        if (const auto* service = plan_.service(process.service); service != nullptr && service->rule.per_user)
            processes.push_back({static_cast<std::uint32_t>(process.pid), process.service});
    if (const auto begun = link_.start(roster_parts(epoch_, processes)); !begun) {
        log_.error("can't reach anvil: {}", begun.error().message());
        return;
    }
    send_limits();
}

void Supervisor::send_limits() {
    link_.report(anvil::UserLimit{plan_.userip_limit});
    for (const auto& service : plan_.services)
        if (service.rule.per_user)
            link_.report(anvil::ServiceLimits{service.name, service.rule.process_limit, service.client_limit,
                roster_.generation(), service.idle_memory_limit, service.evict_order});
}

// It runs and has the roster: its questions can be answered, and the workers tell it what it can't know.
void Supervisor::anvil_ready() {
    if (!roll_wanted_ || !link_.is_flushed() || !link_.has_stream()) return;
    roll_wanted_ = false;
    for (const auto& process : roster_.processes())
        if (process.state != WorkerState::starting)
            if (const auto* service = plan_.service(process.service); service != nullptr && service->rule.per_user)
                roll(process.pid);
    roster_.anvil_link(true, Clock::now());
    apply();
}

// A process that is ready has its handlers; one that has no user yet has nothing to tell, and one that got it just now
// tells it.
void Supervisor::roll(pid_t pid) {
    ::sigqueue(pid, protocol::service::signal_roll(), sigval{});
}

// Anvil believes only whom we named to it. Where our word has to wait for room, the worker doesn't: its client would wait
// for anvil, too. Its report may then be the first to find room, so it is asked for another one (anvil_flushed()).
void Supervisor::tell_started(pid_t pid, const std::string& service) {
    link_.report(anvil::Started{static_cast<std::uint32_t>(pid), service});
    if (link_.is_running() && !link_.is_flushed()) told_late_.insert(pid);
}

void Supervisor::anvil_flushed() {
    anvil_ready();
    std::erase_if(told_late_, [this](pid_t pid) {
        const auto process = roster_.process(pid);
        if (process && process->state == WorkerState::starting) return false; // when it says READY
        if (process) roll(pid);
        return true;
    });
    reap();
}

void Supervisor::on_push(const anvil::MasterPush& push) {
    const auto now = Clock::now();
    if (const auto* answer = std::get_if<anvil::Evictees>(&push)) {
        roster_.evictees(answer->id, answer->pids, now);
    } else if (const auto* demand = std::get_if<anvil::Demand>(&push)) {
        roster_.demand(demand->service, demand->cold, demand->waiting, demand->excess, now);
    } else if (const auto* kick = std::get_if<anvil::Kick>(&push)) {
        // Only a bound worker has sessions, and only of processes that are ours and not reaped the pid is safe.
        const auto process = roster_.process(static_cast<pid_t>(kick->pid));
        if (process && (process->state == WorkerState::bound || process->state == WorkerState::leaving)) {
            sigval value{};
            value.sival_int = static_cast<int>(kick->session_word);
            ::sigqueue(process->pid, protocol::service::signal_kick(), value);
        }
    }
    apply();
}

void Supervisor::on_anvil_lost() {
    if (anvil_pid_ != 0 && !roster_.is_stopping()) log_.warning("the link to anvil (pid {}) is lost", anvil_pid_);
    roster_.anvil_link(false, Clock::now());
    apply();
    // An anvil that lives without its link is of no use: nobody would be told of its newcomers.
    if (anvil_pid_ != 0 && !roster_.is_stopping()) ::kill(anvil_pid_, SIGTERM);
}

void Supervisor::on_anvil_stuck() {
    log_.error("service(anvil): pid {} hasn't read for {} s: killing it; the next one asks the workers", anvil_pid_,
        std::chrono::seconds(AnvilLink::stuck_time_max).count());
    if (anvil_pid_ != 0) ::kill(anvil_pid_, SIGKILL);
}

// ---- Deaths

// To find any dead child the kernel looks at each: a millisecond with ten thousand idle workers. So the one that the signal
// names is reaped alone; and as those that die together share a signal, all are looked at a little later, once for however
// many signals came meanwhile.
void Supervisor::on_death(pid_t child) {
    if (roster_.is_stopping() || reaper_.run_for(child) == Reaper::Outcome::postponed) return reap();
    apply();
    if (std::exchange(reap_due_, true)) return;
    reap_timer_.expires_after(reap_pause * roster_.process_count());
    reap_timer_.async_wait([this](error_code failure) {
        reap_due_ = false;
        if (!failure) reap();
    });
}

void Supervisor::reap() {
    const auto outcome = reaper_.run();
    // The first zombie waits for room in anvil's queue: if it is anvil that is dead, there will never be any.
    if (outcome == Reaper::Outcome::postponed && anvil_pid_ != 0 && reaper_.run_for(anvil_pid_) == Reaper::Outcome::more)
        boost::asio::post(io_, [this] { reap(); });
    if (outcome == Reaper::Outcome::more) boost::asio::post(io_, [this] { reap(); });
    apply();
}

// Who was born and the last words, before any death; once for each, as the next child may say them and die while this one
// is reaped.
void Supervisor::hear() {
    zygote_links_.drain();
    notify_.drain();
}

bool Supervisor::may_reap(const Exit& exit) {
    const auto process = roster_.process(exit.pid);
    if (!process) return true;
    const auto listener = process_listeners_.find(process->service);
    if (listener == process_listeners_.end() || listener->second.empty()) return true;
    if (told_of_ != exit.pid) {
        auto path = listener->second;
        constexpr std::string_view variable = "%{pid}";
        if (const auto at = path.find(variable); at != std::string::npos)
            path.replace(at, variable.size(), fmt::format("{}", exit.pid));
        ::unlink(path.c_str());
        link_.report(anvil::Exited{static_cast<std::uint32_t>(exit.pid), roster_.end_of(exit.pid, exit.is_clean())});
        told_of_ = exit.pid;
    }
    return !link_.is_running() || link_.is_flushed();
}

void Supervisor::reaped(const Exit& exit) {
    if (told_of_ == exit.pid) told_of_ = 0;
    told_late_.erase(exit.pid);
    if (zygotes_.knows(exit.pid)) return zygote_reaped(exit);
    const auto process = roster_.process(exit.pid);
    if (!process) {
        log_.warning("child {}, which nobody started, {}", exit.pid, exit.text());
        return;
    }
    const bool asked = process->asked && exit.by_signal && (exit.number == SIGTERM || exit.number == SIGKILL);
    if (exit.is_clean() || asked) {
        if (process->state == WorkerState::starting && !asked)
            log_.error("service({}): child {} exited before it was ready", process->service, exit.pid);
    } else {
        log_.error("service({}): child {} {} ({}{})", process->service, exit.pid, exit.text(), name(process->state),
            process->state == WorkerState::starting ? ": it didn't get ready" : "");
    }
    const auto reason = roster_.end_of(exit.pid, exit.is_clean());
    trace(process->service, exit.pid, "gone", anvil::name(reason));
    log_end(*process, reason);
    if (exit.pid == anvil_pid_) {
        anvil_pid_ = 0;
        roll_wanted_ = false;
        link_.end();
        roster_.anvil_link(false, Clock::now());
    }
    if (exit.by_signal && is_crash(exit.number)) zygotes_.worker_crashed(process->service, Clock::now());
    roster_.exited(exit.pid, exit.is_clean(), Clock::now());
}

// Once for each end of a worker that an administrator or the want of room decided; what happens all day is for who
// debugs (trace()). Crashes were told as errors, and a stop is told as a whole.
void Supervisor::log_end(const ProcessView& process, ExitReason reason) {
    const auto* service = plan_.service(process.service);
    if (service == nullptr || !service->rule.per_user) return;
    if (reason == ExitReason::eviction || reason == ExitReason::memory || reason == ExitReason::kick)
        log_.info("service({}): worker {} ended: {}", process.service, process.pid, anvil::name(reason));
}

// mail_debug: what becomes of each process, as the roster hears it. The time is of the clock that never jumps, to measure
// with; tests/support/hearth_test/storm.py replays these lines.
void Supervisor::trace(std::string_view service, pid_t pid, std::string_view what, std::string_view why) {
    if (!plan_.debug) return;
    const std::chrono::duration<double> at = Clock::now().time_since_epoch();
    log_.debug("service({}): {} {}{}{}{} at {:.6f}", service, pid, what, why.empty() ? "" : " (", why, why.empty() ? "" : ")",
        at.count());
}

void Supervisor::zygote_reaped(const Exit& exit) {
    const auto zygote = *zygotes_.zygote(exit.pid);
    zygote_links_.close(exit.pid);
    if (!zygote.asked) // neither told to end nor killed by us
        log_.error("service({}): its zygote {} {}; its workers live on", zygote.service, exit.pid, exit.text());
    zygotes_.exited(exit.pid, exit.is_clean(), Clock::now());
    finish_stop();
}

} // namespace hearth::master
