// SPDX-License-Identifier: Apache-2.0
#include "worker/worker.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "net/unix_socket.hpp"
#include "process/start.hpp"
#include "protocol/service.hpp"
#include "worker/memory.hpp"
#include "worker/stop_point.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

namespace hearth::worker {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

namespace {

constexpr mode_t open_for_login = 0020, open_for_owner = 0200;

GrantRules rules_from(const Deps& deps) {
    GrantRules rules;
    rules.service = deps.service;
    rules.auth_uid = deps.auth_uid;
    rules.generation = deps.generation;
    rules.managed = deps.managed;
    rules.own_uid = ::geteuid();
    rules.valid_uids = deps.settings.valid_uids;
    rules.valid_gids = deps.settings.valid_gids;
    rules.login_gid = deps.login_gid;
    return rules;
}

LifeLimits limits_from(const Deps& deps) {
    auto limits = deps.settings.limits;
    limits.generation = deps.generation;
    return limits;
}

// All that we wait on is polled; a listener that blocked would block everything. (The flag is the open file's, which
// the service's workers share: all of them want it.)
void take(stream_descriptor& into, UniqueFd& fd) {
    if (!fd) return;
    if (const int flags = ::fcntl(fd.get(), F_GETFL); (flags & O_NONBLOCK) == 0)
        ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK);
    into.assign(fd.get());
    (void)fd.release();
}

} // namespace

Worker::Worker(asio::io_context& io, Deps deps, Handler handler, Hooks hooks)
    : io_(io),
      executor_(io.get_executor()),
      deps_(std::move(deps)),
      handler_(std::move(handler)),
      hooks_(std::move(hooks)),
      rules_(rules_from(deps_)),
      life_(limits_from(deps_)),
      reports_(executor_, UniqueFd(), [this] { return report(); }),
      notices_(executor_, std::move(deps_.notify)),
      signals_(executor_, std::move(deps_.signals)),
      offers_(
          executor_,
          [this](
              int connection, Origin origin, net::Received record) { consider(connection, origin, std::move(record)); },
          [this] { changed(); }),
      shared_(executor_),
      gate_door_(executor_),
      life_pipe_(executor_),
      timer_(executor_),
      changed_(executor_, Time::max()) {}

Worker::~Worker() = default;

void Worker::start() {
    std::signal(SIGPIPE, SIG_IGN);
    arm_stop_points();
    connect_anvil();
    gate_.emplace(deps_.gate, deps_.managed ? open_for_login : open_for_owner);
    auto door = duplicate(gate_->listener());
    take(gate_door_, door);
    take(shared_, deps_.shared);
    take(life_pipe_, deps_.life);

    net::spawn(executor_, offers_.accept_from(shared_, Origin::shared), "shared listener");
    net::spawn(executor_, offers_.accept_from(gate_door_, Origin::gate), "gate");
    net::spawn(executor_, obey_signals(), "signals");
    watch_life();
    // As late as can be: until here the master had time to tell anvil of us. It does so within microseconds.
    if (deps_.go) process::wait_for_end(std::move(deps_.go));
    notices_.say("READY=1");
}

void Worker::close() {
    reports_.close();
    notices_.close();
    signals_.close();
    error_code ignored;
    for (auto* descriptor : {&shared_, &gate_door_, &life_pipe_})
        descriptor->close(ignored);
    timer_.cancel();
    changed_.cancel();
}

asio::awaitable<void> Worker::obey_signals() {
    for (;;) {
        const auto order = co_await signals_.next();
        if (!order) co_return;
        obey(*order);
    }
}

void Worker::obey(const Order& order) {
    switch (order.kind) {
    case Order::Kind::leave: return answer_leave(order.number);
    case Order::Kind::roll: return reports_.publish();
    case Order::Kind::retire: return leave(LeaveReason::generation);
    case Order::Kind::kick: return kick(order.number);
    case Order::Kind::terminate:
        leave(LeaveReason::shutdown);
        for (const auto& session : sessions_)
            session->end();
        return;
    }
}

void Worker::kick(std::uint32_t word) {
    bool found = false;
    for (const auto& session : sessions_) {
        if (protocol::anvil::session_word(session->facts.id) != word) continue;
        session->end();
        found = true;
    }
    if (found && sessions_.size() == 1) leave(LeaveReason::kicked);
}

void Worker::watch_life() {
    if (!life_pipe_.is_open()) return;
    // Nobody writes to it: when it becomes readable, its other end is closed.
    life_pipe_.async_wait(stream_descriptor::wait_read, [this](error_code error) {
        if (!error) leave(LeaveReason::shutdown);
    });
}

// One timer for everything that comes due while nobody does anything. It is only ever set to an earlier time: when it
// fires it looks again, so that a quick series of sessions doesn't set it anew each time.
void Worker::arm_timer() {
    auto due = life_.idle_deadline();
    if (life_.is_idle() && !settled_) {
        const auto settle_at = life_.idle_since() + settle_time;
        due = due ? std::min(*due, settle_at) : settle_at;
    }
    if (!due || (timer_at_ && *timer_at_ <= *due)) return;
    timer_at_ = due;
    timer_.expires_at(*due);
    timer_.async_wait([this](error_code error) {
        if (!error) timer_fired();
    });
}

void Worker::timer_fired() {
    timer_at_.reset();
    const auto now = Clock::now();
    life_.passed(now);
    if (life_.is_idle() && !settled_ && now >= life_.idle_since() + settle_time) {
        settled_ = true;
        if (hooks_.went_idle) hooks_.went_idle();
        ::malloc_trim(0);
        tell_memory();
    }
    settle();
}

// Once in an idle period, a tenth of a millisecond. Anvil adds up what idle workers hold, the master says what a higher
// limit would cost: neither needs to hear of a small change.
void Worker::tell_memory() {
    const auto now = private_memory_kib();
    const auto told = memory_kib_;
    if (now == 0 || (told != 0 && now <= told + told / 8 && now + told / 8 >= told)) return;
    memory_kib_ = now;
    reports_.publish();
    notices_.say(fmt::format("{}{}", protocol::service::key_memory, now));
}

void Worker::set_gate() {
    if (leaving_) return;
    const auto done = life_.is_open() ? gate_->open() : gate_->shut();
    if (done) return;
    log::error("the mode of the gate {} can't be changed: {}", deps_.gate, done.error().message());
    exit_code_ = 1;
    life_.leave(LeaveReason::fault);
}

void Worker::publish() {
    set_gate();
    reports_.publish();
}

std::optional<protocol::anvil::WorkerReport> Worker::report() const {
    if (!bound_) return std::nullopt;
    protocol::anvil::WorkerReport report;
    report.generation = deps_.generation;
    report.service = deps_.service;
    report.user = bound_->identity->user;
    report.identity = bound_->hash;
    report.tag = bound_->tag;
    report.accepts = life_.is_open() && gate_->is_open();
    report.leaving = life_.stage() == Stage::leaving;
    report.served = static_cast<std::uint32_t>(std::min<std::uint64_t>(life_.served(), 0xffffffff));
    report.client_limit = life_.limits().client_limit;
    report.memory_kib = memory_kib_;
    for (const auto& session : sessions_)
        report.sessions.push_back({session->facts.id, session->facts.remote_ip});
    return report;
}

void Worker::connect_anvil() {
    if (deps_.report_path.empty() || reports_.has_socket()) return;
    auto socket = net::connect_unix(deps_.report_path, net::datagram);
    if (socket) return reports_.use(std::move(*socket));
    log::warning("can't reach anvil at {}: {}", deps_.report_path, socket.error().message());
}

void Worker::identify(const Session::State* session) const {
    if (!bound_) return;
    const auto process = fmt::format("({})<{}>", bound_->identity->user, ::getpid());
    const bool alone = session != nullptr && life_.limits().client_limit == 1;
    log::set_identity(alone ? process + "<" + session->facts.id.text() + ">" : process);
}

int run(Deps deps, Handler handler, Hooks hooks) {
    asio::io_context io(1);
    Worker worker(io, std::move(deps), std::move(handler), std::move(hooks));
    worker.start();
    io.run();
    worker.close();
    // Our own coroutines end here; what a handler left running ends with the context. Bounded, because that might
    // never have nothing to do.
    io.restart();
    for (int i = 0; i < 1000 && io.poll_one() > 0; ++i) {
    }
    return worker.exit_code();
}

} // namespace hearth::worker
