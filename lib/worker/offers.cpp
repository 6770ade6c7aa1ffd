// SPDX-License-Identifier: Apache-2.0
#include "worker/offers.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "net/with_deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace hearth::worker {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

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
    : executor_(executor), consider_(std::move(consider)), changed_(std::move(changed)), pause_(executor) {}

asio::awaitable<void> Offers::accept_from(stream_descriptor& listener, Origin origin) {
    while (listener.is_open()) {
        if (in_flight_ >= in_flight_max) {
            co_await pause(record_deadline);
            continue;
        }
        auto connection = accept_one(listener.native_handle());
        if (connection) {
            welcome(std::move(connection), origin);
            if (origin == Origin::shared && in_flight_ > 0 && listener.is_open()) co_await pause(patience);
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
    ++in_flight_;
    net::spawn(executor_, await_record(std::move(connection), origin), "offer");
}

// False: nothing is there yet.
bool Offers::receive(int connection, Origin origin) {
    auto record = net::receive_message(connection, protocol::offer_bytes_max);
    if (!record) return record.error().value() != EAGAIN;
    if (!record->bytes.empty() || !record->fds.empty()) consider_(connection, origin, std::move(*record));
    return true;
}

asio::awaitable<void> Offers::await_record(UniqueFd connection, Origin origin) {
    stream_descriptor watched(executor_);
    error_code unwatchable;
    watched.assign(connection.get(), unwatchable);
    if (!unwatchable) {
        (void)connection.release(); // `watched` closes it
        const auto deadline = Clock::now() + record_deadline;
        for (;;) {
            auto waiting = readable(watched);
            const auto ready = co_await net::with_deadline(std::move(waiting), deadline);
            // Once more even when time is up: a busy machine may let record and deadline come to us together.
            if (receive(watched.native_handle(), origin) || !ready || *ready) break;
        }
    }
    --in_flight_;
    pause_.cancel();
    changed_();
}

asio::awaitable<void> Offers::pause(std::chrono::milliseconds at_most) {
    pause_.expires_after(at_most);
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    co_await pause_.async_wait(token);
}

} // namespace hearth::worker
