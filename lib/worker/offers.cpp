// SPDX-License-Identifier: Apache-2.0
#include "worker/offers.hpp"
#include "log/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hearth::worker {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

} // namespace

/// An offer whose record hasn't come yet.
struct Offers::Waiting {
    Waiting(const asio::any_io_executor& executor, Origin from, Time until)
        : connection(executor), origin(from), deadline(until) {}
    stream_descriptor connection;
    Origin origin;
    Time deadline;
};

namespace {

UniqueFd accept_one(int listener) {
    return UniqueFd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

asio::awaitable<error_code> readable(stream_descriptor& descriptor) {
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    const auto [error] = co_await descriptor.async_wait(stream_descriptor::wait_read, token);
    co_return error;
}

} // namespace

bool send_answer(int connection, protocol::OfferReply reply, std::string reason) {
    const protocol::OfferAnswer answer{reply, static_cast<std::uint32_t>(::getpid()), std::move(reason)};
    return net::send_message(connection, protocol::encode(answer)).has_value();
}

Offers::Offers(asio::any_io_executor executor, Consider consider, std::function<void()> changed)
    : executor_(executor), consider_(std::move(consider)), changed_(std::move(changed)), pause_(executor), deadline_(executor) {}

asio::awaitable<void> Offers::accept_from(stream_descriptor& listener, Origin origin) {
    while (listener.is_open()) {
        if (in_flight() >= in_flight_max) {
            co_await pause(record_deadline);
            continue;
        }
        auto connection = accept_one(listener.native_handle());
        if (connection) {
            welcome(std::move(connection), origin);
            if (origin == Origin::shared && in_flight() > 0 && listener.is_open()) co_await pause(patience);
            continue;
        }
        const int error = errno;
        if (error == EAGAIN) {
            if (co_await readable(listener)) co_return;
        } else if (error != EINTR && error != ECONNABORTED) {
            log::warning("can't accept an offer: {}", error_code(error, boost::system::system_category()).message());
            co_await pause(std::chrono::milliseconds(100)); // out of descriptors, most likely: not a reason to spin
        }
    }
}

void Offers::accept_rest(int listener, Origin origin) {
    while (auto connection = accept_one(listener))
        welcome(std::move(connection), origin);
}

void Offers::welcome(UniqueFd connection, Origin origin) {
    if (origin == Origin::shared) send_answer(connection.get(), protocol::OfferReply::accepted);
    if (receive(connection.get(), origin)) return;
    // The login has connected a moment ago and is about to send: letting it is cheaper than waiting for it.
    ::sched_yield();
    if (receive(connection.get(), origin)) return;
    auto waiting = std::make_shared<Waiting>(executor_, origin, Clock::now() + record_deadline);
    error_code unwatchable;
    waiting->connection.assign(connection.get(), unwatchable);
    if (unwatchable) return;
    (void)connection.release(); // `waiting` closes it
    waiting_.push_back(waiting);
    watch(waiting);
    arm_deadline();
}

// False: nothing is there yet.
bool Offers::receive(int connection, Origin origin) {
    auto record = net::receive_message(connection, protocol::offer_bytes_max);
    if (!record) return record.error().value() != EAGAIN;
    if (!record->bytes.empty() || !record->fds.empty()) consider_(connection, origin, std::move(*record));
    return true;
}

void Offers::watch(const std::shared_ptr<Waiting>& waiting) {
    waiting->connection.async_wait(stream_descriptor::wait_read, [this, waiting](error_code error) {
        if (!waiting->connection.is_open()) return; // it was late
        if (error || receive(waiting->connection.native_handle(), waiting->origin))
            finish(waiting);
        else
            watch(waiting);
    });
}

void Offers::finish(const std::shared_ptr<Waiting>& waiting) {
    error_code ignored;
    waiting->connection.close(ignored);
    waiting_.remove(waiting);
    pause_.cancel();
    changed_();
}

// All have the same patience, so the first is due first. The timer isn't set anew when an offer is over in time, which
// nearly all are: it rings in vain once a second.
void Offers::arm_deadline() {
    if (deadline_armed_ || waiting_.empty()) return;
    deadline_armed_ = true;
    deadline_.expires_at(waiting_.front()->deadline);
    deadline_.async_wait([this](error_code error) {
        if (error) return; // closed; this may be gone
        deadline_armed_ = false;
        while (!waiting_.empty() && waiting_.front()->deadline <= Clock::now()) {
            const auto late = waiting_.front();
            // Once more even when time is up: a busy machine may let record and deadline come to us together.
            receive(late->connection.native_handle(), late->origin);
            finish(late);
        }
        arm_deadline();
    });
}

asio::awaitable<void> Offers::pause(std::chrono::milliseconds at_most) {
    pause_.expires_after(at_most);
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    co_await pause_.async_wait(token);
}

} // namespace hearth::worker
