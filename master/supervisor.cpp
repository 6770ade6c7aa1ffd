// SPDX-License-Identifier: Apache-2.0
#include "supervisor.hpp"
#include "admin.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "gate_test.hpp"
#include "memfd.hpp"
#include "protocol/service.hpp"
#include "service_manager.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace hearth::master {
namespace {

// After an unclean end the old logins close their ports as soon as they see the end of the life pipe.
constexpr auto port_patience = std::chrono::seconds(5);

bool master_is_protected_from_oom() {
    const UniqueFd fd(::open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC));
    std::array<char, 16> text{};
    return fd && ::read(fd.get(), text.data(), text.size() - 1) > 0 && std::atoi(text.data()) < 0;
}

struct Pipe {
    UniqueFd read, write;
};

// Empty (errno says why) when there is none to be had.
Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {};
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Complaint complaint(std::string_view what, error_code error) {
    return Complaint{fmt::format("{}: {}", what, error.message())};
}

} // namespace

Supervisor::Supervisor(boost::asio::io_context& io, LogSink& log, Options options, Plan plan, RunDirectory directory)
    : io_(io), log_(log), options_(std::move(options)), plan_(std::move(plan)), directory_(std::move(directory)),
      started_at_(Clock::now()),
      watch_(io.get_executor(),
          [this](const std::string& service) {
              roster_.listener_ready(service, Clock::now());
              apply();
          }),
      notify_(io.get_executor(), [this](pid_t sender, const Notice& notice) { on_notice(sender, notice); }),
      signals_(io.get_executor(), [this](int signal, pid_t sender) { on_signal(signal, sender); }),
      reaper_([this] { hear(); }, [this](const Exit& exit) { return may_reap(exit); },
          [this](const Exit& exit) { reaped(exit); }),
      link_(io.get_executor(),
          {.pushed = [this](const auto& push) { on_push(push); },
              .flushed = [this] { anvil_flushed(); },
              .lost = [this] { on_anvil_lost(); },
              .stuck = [this] { on_anvil_stuck(); }}),
      zygote_links_(io.get_executor(),
          [this](pid_t zygote, const auto& answer) {
              zygotes_.answered(zygote, answer.id, answer.pid, answer.error, Clock::now());
              apply();
          }),
      timer_(io), heartbeat_timer_(io), reap_timer_(io), admin_(std::make_unique<Admin>(io.get_executor(), *this)) {}

Supervisor::~Supervisor() = default;

// ---- Start

Checked<void> Supervisor::start(std::vector<UniqueFd> activation_sockets) {
    if (const auto opened = signals_.open({SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGUSR1}); !opened)
        return complaint("can't take signals as a descriptor", opened.error());
    if (const auto length = raise_datagram_queue(datagram_queue_wanted); length < datagram_queue_wanted)
        log_.info("net.unix.max_dgram_qlen is {}: reports of busy moments come a little late (set it to {} in sysctl.d)", length,
            datagram_queue_wanted);
    null_.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
    auto life = null_ ? make_pipe() : Pipe{};
    if (!life.read) return complaint("can't open /dev/null and a pipe", last_error());
    life_read_ = std::move(life.read);
    life_write_ = std::move(life.write);
    std::array<std::byte, 32> key{};
    fill_random(key);
    auto sealed = make_sealed("key", {reinterpret_cast<const char*>(key.data()), key.size()});
    ::explicit_bzero(key.data(), key.size());
    if (!sealed) return complaint("can't seal the key", sealed.error());
    key_ = std::move(*sealed);
    reset_oom_score_ = master_is_protected_from_oom();

    if (const auto proven = prove_gate(plan_.managed, plan_.login_uid, plan_.login_gid); !proven) return proven.error();
    listeners_.adopt(std::move(activation_sockets));
    const auto patience = directory_.swept > 0 ? std::chrono::milliseconds(port_patience) : std::chrono::milliseconds(0);
    if (const auto opened = listeners_.adjust(plan_.services, patience); !opened) return opened.error();
    const bool strangers_notify = std::ranges::any_of(plan_.services, &ServicePlan::drop_before_exec);
    if (const auto opened = notify_.open("notify", strangers_notify ? 0666 : 0600); !opened)
        return complaint("can't listen on notify", opened.error());
    if (const auto opened = admin_->open("master"); !opened) return complaint("can't listen on master", opened.error());
    if (auto made = make_settings(plan_); !made) return made.error();

    log_.info("Hearth {} starting up: {} instance, base_dir {}, {} services", HEARTH_VERSION,
        plan_.managed ? "managed" : "private", plan_.base_dir, plan_.services.size());
    for (const auto& note : plan_.notes) log_.warning("{}", note);
    configure(1);
    apply();
    if (const auto interval = service_manager::watchdog_interval()) heartbeat(*interval / 2);
    return {};
}

Checked<void> Supervisor::make_settings(const Plan& plan) {
    decltype(settings_) made;
    for (const auto& service : plan.services) {
        auto fd = make_sealed("settings", service.settings);
        if (!fd) return complaint("can't seal the settings of " + service.name, fd.error());
        made[service.name] = std::move(*fd);
    }
    settings_ = std::move(made);
    for (const auto& service : plan.services) process_listeners_.insert_or_assign(service.name, service.process_listener);
    return {};
}

void Supervisor::configure(std::uint32_t generation) {
    std::vector<ServiceRule> rules;
    std::vector<std::string> forking;
    for (const auto& service : plan_.services) {
        rules.push_back(service.rule);
        if (service.forks) forking.push_back(service.name);
    }
    const auto now = Clock::now();
    zygotes_.configure(forking, generation, now);
    roster_.configure(rules, generation, now);
}

void Supervisor::heartbeat(std::chrono::microseconds interval) {
    service_manager::say_alive();
    heartbeat_timer_.expires_after(interval);
    heartbeat_timer_.async_wait([this, interval](error_code failure) {
        if (!failure) heartbeat(interval);
    });
}

// ---- Actions

// Starting a process is an event of its own (started, spawn_failed), so new actions may come while these are done.
void Supervisor::apply() {
    if (applying_) return;
    applying_ = true;
    for (;;) {
        const auto actions = roster_.take_actions();
        for (const auto& action : actions) std::visit([this](const auto& one) { perform(one); }, action);
        const auto orders = zygotes_.take_actions();
        for (const auto& action : orders) std::visit([this](const auto& one) { perform(one); }, action);
        if (actions.empty() && orders.empty()) break;
    }
    applying_ = false;
    arm_timer();
}

void Supervisor::arm_timer() {
    auto next = roster_.next_deadline();
    if (const auto other = zygotes_.next_deadline(); other && (!next || *other < *next)) next = other;
    if (!next) {
        timer_.cancel();
        return;
    }
    timer_.expires_at(*next);
    timer_.async_wait([this](error_code failure) {
        if (failure) return;
        roster_.tick(Clock::now());
        zygotes_.tick(Clock::now());
        apply();
    });
}

namespace {

void queue_signal(pid_t pid, int signal, std::uint32_t number) {
    sigval value{};
    value.sival_int = static_cast<int>(number);
    // Fails when the worker's queue is full (EAGAIN): its deadline says the same as no answer.
    ::sigqueue(pid, signal, value);
}

} // namespace

void Supervisor::perform(const SignalLeave& action) {
    queue_signal(action.pid, protocol::service::signal_leave(), action.sequence);
}

void Supervisor::perform(const SignalRetire& action) {
    queue_signal(action.pid, protocol::service::signal_retire(), 0);
}

void Supervisor::perform(const Terminate& action) {
    ::kill(action.pid, SIGTERM);
}

void Supervisor::perform(const Kill& action) {
    if (const auto process = roster_.process(action.pid); process && !action.why.empty())
        log_.warning("service({}): killing child {}: {}", process->service, action.pid, action.why);
    ::kill(action.pid, SIGKILL);
}

void Supervisor::perform(const AskEvictable& action) {
    link_.ask(protocol::anvil::Evictable{action.id, action.service, action.count});
}

int Supervisor::shared_listener(std::string_view service) const {
    const auto* plan = plan_.service(service);
    if (plan == nullptr) return -1;
    for (const auto& socket : plan->unix_sockets)
        if (socket.type == net::sequenced) return listeners_.unix_socket(socket.path);
    return -1;
}

bool Supervisor::offer_waits(std::string_view service) const {
    pollfd waiting{shared_listener(service), POLLIN, 0};
    return waiting.fd >= 0 && ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0;
}

void Supervisor::perform(const PollListener& action) {
    if (!action.on) return watch_.stop(action.service);
    if (const int listener = shared_listener(action.service); listener >= 0) watch_.start(action.service, listener);
}

void Supervisor::perform(const Settled& action) {
    log_.info("generation {} is up", action.generation);
    service_manager::say_ready(fmt::format("Serving, generation {}", action.generation));
}

void Supervisor::perform(const Stopped&) {
    stopped_ = true;
    finish_stop();
}

// The zygotes were told to end when the stop began.
void Supervisor::finish_stop() {
    if (!stopped_ || !zygotes_.is_empty()) return;
    notify_.drain();
    listeners_.unlink_all();
    ::unlink("notify");
    ::unlink("master");
    log_.drain();
    log_.info("stopped");
    io_.stop();
}

void Supervisor::perform(const Remark& action) {
    if (action.warning) log_.warning("{}", action.text);
    else log_.info("{}", action.text);
}

// ---- Reload and stop

Checked<std::uint32_t> Supervisor::reload() {
    if (roster_.is_stopping()) return Complaint{"the master is stopping"};
    service_manager::say_reloading();
    const auto keep_old = [this](std::string text) -> Complaint {
        log_.error("reload: {}", printable(text, log::line_bytes_max - 512));
        log_.error("reload: the old configuration stays");
        service_manager::say_ready(fmt::format("Serving, generation {}; the last reload failed", roster_.generation()));
        return Complaint{std::move(text)};
    };
    const auto loaded = config::load(options_.config, {.overrides = options_.overrides, .managed = plan_.managed});
    if (!loaded.settings) {
        for (const auto& error : loaded.errors) log_.error("{}: {}", error.origin.text(), error.message);
        return keep_old(loaded.text());
    }
    auto plan = make_plan(*loaded.settings, Self::now());
    if (!plan) return keep_old(plan.error().text);
    if (plan->base_dir != plan_.base_dir) return keep_old("base_dir changed: that takes a restart");
    if (const auto opened = log_.configure(plan->log); !opened) return keep_old(opened.error().text);
    // The new auth gets a new listener: what comes from now on is never served by the old configuration.
    if (const auto opened = listeners_.adjust(plan->services, std::chrono::milliseconds(0), "auth"); !opened)
        return keep_old(opened.error().text);
    if (auto made = make_settings(*plan); !made) return keep_old(made.error().text);
    plan_ = std::move(*plan);
    const auto generation = roster_.generation() + 1;
    log_.info("reload: starting generation {}", generation);
    for (const auto& note : plan_.notes) log_.warning("{}", note);
    configure(generation);
    send_limits();
    apply();
    return generation;
}

void Supervisor::stop() {
    if (roster_.is_stopping()) return;
    log_.info("stopping");
    service_manager::say_stopping();
    zygotes_.stop(Clock::now());
    roster_.stop(plan_.end_sessions, Clock::now());
    apply();
}

} // namespace hearth::master
