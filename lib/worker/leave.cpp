// SPDX-License-Identifier: Apache-2.0
// The end of a worker: nobody gets in any more, for good; who is queued is told; sessions are served to their end.
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "protocol/service.hpp"
#include "worker/stop_point.hpp"
#include "worker/worker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::worker {

namespace asio = boost::asio;
using namespace protocol::service;

namespace {

std::string leaving_message(LeaveReason reason) {
    return fmt::format("{}\n{}{}", say_leaving, key_reason, name(reason));
}

} // namespace

void Worker::leave(LeaveReason reason) {
    life_.leave(reason);
    settle();
}

void Worker::answer_leave(std::uint32_t sequence) {
    stop_point("leave-asked");
    life_.passed(Clock::now());
    const bool leaves = life_.asked_to_leave();
    const bool first = leaves && !leaving_;
    if (first) begin_leaving();
    const auto answer = leaves ? leaving_message(*life_.reason()) : std::string(say_staying);
    notices_.say(fmt::format("{}\n{}{}", answer, key_sequence, sequence));
    changed();
}

// Makes everything else agree with what life_ has become. Called after each event.
void Worker::settle() {
    if (life_.stage() == Stage::leaving && !leaving_) {
        begin_leaving();
        notices_.say(leaving_message(*life_.reason()));
    }
    arm_timer();
    changed();
}

void Worker::begin_leaving() {
    leaving_ = true;
    log::debug("leaving: {}, {} sessions served", name(*life_.reason()), life_.served());
    error_code ignored;
    shared_.close(ignored);
    gate_->refuse_for_good();
    stop_point("leaving-before-drain");
    offers_.accept_rest(gate_->listener(), Origin::gate);
    gate_door_.close(ignored);
    reports_.publish();
    net::spawn(executor_, wind_down(), "leaving");
}

asio::awaitable<void> Worker::wind_down() {
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    while (!life_.is_over() || offers_.in_flight() > 0 || draining_)
        co_await changed_.async_wait(token);
    const auto until = Clock::now() + farewell_time;
    asio::steady_timer pause(executor_);
    while ((notices_.is_pending() || reports_.is_pending()) && Clock::now() < until) {
        pause.expires_after(std::chrono::milliseconds(5));
        co_await pause.async_wait(token);
    }
    io_.stop();
}

void Worker::changed() {
    changed_.cancel();
}

} // namespace hearth::worker
