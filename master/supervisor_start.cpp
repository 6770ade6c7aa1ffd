// SPDX-License-Identifier: Apache-2.0
// How processes come to be: by exec, or forked from their service's zygote. Either way anvil knows of a worker before
// its `go` ends, and the roster before anything else it says counts.
#include "base/random.hpp"
#include "launch_spec.hpp"
#include "net/unix_socket.hpp"
#include "protocol/service.hpp"
#include "supervisor.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace hearth::master {

namespace anvil = protocol::anvil;
using Descriptors = std::vector<std::pair<std::string, int>>;

namespace {

// Dead or alive, but not reaped: its number is nobody else's.
bool is_child(pid_t pid) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

// With it a worker waits until anvil knows of it. Empty where there is no descriptor to spare: it doesn't wait then.
std::pair<UniqueFd, UniqueFd> make_go() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {};
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::uint64_t order_number() {
    for (;;)
        if (const auto number = random_u64(); number != 0) return number;
}

} // namespace

void Supervisor::perform(const Spawn& action) {
    if (!zygotes_.forks(action.service)) return start_by_exec(action.service);
    zygotes_.want(action.service, order_number(), Clock::now());
}

Result<pid_t> Supervisor::launch(const ServicePlan& service, Descriptors descriptors, bool zygote) {
    const auto log = log_.pipe_for(service.name);
    if (!log) return log.error();
    const auto settings = settings_.find(service.name);
    if (settings == settings_.end()) return error_code(ENOENT, boost::system::system_category());
    const LaunchContext context{.generation = roster_.generation(),
        .epoch = epoch_,
        .master_pid = ::getpid(),
        .settings = settings->second.get(),
        .life = life_read_.get(),
        .key = key_.get(),
        .null = null_.get(),
        .log = *log,
        .reset_oom_score = reset_oom_score_,
        .zygote = zygote,
        .listeners = std::move(descriptors)};
    return launcher_.launch(make_launch_spec(plan_, service, context));
}

// ---- By exec

void Supervisor::start_by_exec(const std::string& name) {
    const auto* service = plan_.service(name);
    if (service == nullptr) {
        log_.error("service({}): can't be started: it isn't configured", name);
        return roster_.spawn_failed(name, Clock::now());
    }
    const bool is_anvil = service->kind == config::ServiceKind::anvil;
    if (is_anvil) epoch_ = to_wire(Clock::now());
    const auto go = service->rule.per_user ? make_go() : std::pair<UniqueFd, UniqueFd>();
    auto descriptors = listeners_.of(*service);
    if (go.first) descriptors.emplace_back(protocol::service::fd_go, go.first.get());
    const auto pid = launch(*service, std::move(descriptors), false);
    if (!pid) {
        log_.error("service({}): can't start {}: {}", name, service->program->path, pid.error().message());
        return roster_.spawn_failed(name, Clock::now());
    }
    if (service->rule.per_user) tell_started(*pid, name);
    // With the end of this block `go` is closed, and the worker goes on: its first report comes behind our word, or is repeated (tell_started()).
    trace(name, *pid, "started");
    roster_.started(name, *pid, roster_.generation(), Clock::now());
    if (is_anvil) anvil_started(*pid);
}

void Supervisor::perform(const StartByExec& action) {
    go_.erase(action.order);
    start_by_exec(action.service);
}

// ---- By a zygote

void Supervisor::perform(const LaunchZygote& action) {
    const auto failed = [&](const error_code& error) {
        log_.error("service({}): can't start its zygote: {}", action.service, error.message());
        zygotes_.launch_failed(action.service, Clock::now());
    };
    const auto* service = plan_.service(action.service);
    auto link = net::socket_pair(net::sequenced);
    if (service == nullptr || !link) return failed(link ? error_code(ENOENT, boost::system::system_category()) : link.error());
    const auto pid =
        launch(*service, Descriptors{{std::string(protocol::service::fd_zygote), link->second.get()}}, true);
    if (!pid) return failed(pid.error());
    zygote_links_.add(*pid, std::move(link->first));
    zygotes_.launched(action.service, *pid, Clock::now());
}

void Supervisor::perform(const AskZygote& action) {
    const auto* service = plan_.service(action.service);
    const auto zygote = zygotes_.zygote(action.zygote);
    if (service == nullptr || !zygote) return zygotes_.ask_failed(action.order, Clock::now());
    auto go = make_go();
    auto descriptors = listeners_.of(*service);
    if (go.first) descriptors.emplace_back(protocol::service::fd_go, go.first.get());
    protocol::zygote::Order order{.id = action.order, .generation = zygote->generation, .names = {}};
    std::vector<int> fds;
    for (const auto& [name, fd] : descriptors) {
        order.names += (order.names.empty() ? "" : ":") + name;
        fds.push_back(fd);
    }
    if (const auto asked = zygote_links_.ask(action.zygote, order, fds); !asked) {
        log_.warning("service({}): its zygote {} can't be asked: {}; this worker is exec'd", action.service, action.zygote,
            asked.error().message());
        return zygotes_.ask_failed(action.order, Clock::now());
    }
    go_[action.order] = std::move(go.second);
}

// Told by the zygote or by the worker itself; it may have died, and even been reaped, meanwhile.
void Supervisor::perform(const StartDone& action) {
    const auto now = Clock::now();
    if (roster_.knows(action.pid) || !is_child(action.pid)) {
        log_.error("service({}): worker {} died as soon as it was forked", action.service, action.pid);
        roster_.spawn_failed(action.service, now);
    } else {
        tell_started(action.pid, action.service);
        trace(action.service, action.pid, "started");
        roster_.started(action.service, action.pid, action.generation, now);
    }
    go_.erase(action.order);
}

void Supervisor::perform(const StartLost& action) {
    go_.erase(action.order);
    if (action.error == 0) return roster_.spawn_lost(action.service, Clock::now());
    log_.error("service({}): can't fork a worker: {}", action.service, std::generic_category().message(action.error));
    roster_.spawn_failed(action.service, Clock::now());
}

void Supervisor::perform(const CloseLink& action) {
    zygote_links_.close(action.zygote);
}

void Supervisor::perform(const KillZygote& action) {
    log_.warning("service({}): killing its zygote {}: {}", action.service, action.zygote, action.why);
    ::kill(action.zygote, SIGKILL);
}

// A child of ours that is nobody we know: made by a zygote that couldn't say so, and silent itself.
void Supervisor::perform(const EndStrangers&) {
    std::ifstream children(fmt::format("/proc/self/task/{}/children", ::getpid()));
    for (pid_t pid = 0; children >> pid;) {
        if (roster_.knows(pid) || zygotes_.knows(pid)) continue;
        log_.warning("killing child {}: nobody knows what it is", pid);
        ::kill(pid, SIGKILL);
    }
}

// HELLO of somebody whom the zygote hasn't announced yet, or never will.
void Supervisor::on_hello(pid_t sender, std::uint64_t order) {
    if (roster_.knows(sender) || !is_child(sender)) return;
    if (zygotes_.hello(order, sender, Clock::now())) return apply();
    log_.warning("killing child {}: it says that it is a worker, and nobody waits for it", sender);
    ::kill(sender, SIGKILL);
}

} // namespace hearth::master
