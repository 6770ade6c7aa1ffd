// SPDX-License-Identifier: Apache-2.0
#include "client_connection.hpp"

#include "base/unique_fd.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::imap {

using namespace asio::experimental::awaitable_operators;

ClientConnection::ClientConnection(worker::Session session, std::chrono::milliseconds patience)
    : session_(std::move(session)), patience_(patience), timer_(session_.executor()), heard_at_(Clock::now()) {
    watch_for_silence();
}

void ClientConnection::watch_for_silence() {
    timer_.expires_at(heard_at_ + patience_);
    timer_.async_wait([connection = std::weak_ptr<ClientConnection*>(self_)](error_code error) {
        const auto there = connection.lock();
        if (!error && there) (*there)->patience_ended();
    });
}

void ClientConnection::patience_ended() {
    if (!reading_) heard_at_ = Clock::now(); // it is our turn: the client has nothing to say
    if (Clock::now() < heard_at_ + patience_) return watch_for_silence();
    silent_ = true;
    session_.interrupt();
}

asio::awaitable<Result<std::size_t>> ClientConnection::read_some(std::span<char> out) {
    reading_ = true;
    const auto got = co_await session_.read_some(out);
    reading_ = false;
    heard_at_ = Clock::now();
    if (!got && silent_) co_return error_code(asio::error::timed_out);
    co_return got;
}

asio::awaitable<Result<void>> ClientConnection::write(std::string_view bytes) {
    return session_.write(bytes);
}

asio::awaitable<Wake> ClientConnection::wait(int watch, std::chrono::milliseconds timeout) {
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    asio::steady_timer timer(session_.executor(), timeout);
    // A duplicate: the descriptor object closes what it has, and the watch belongs to the mailbox.
    auto own = duplicate(watch);
    if (!own) {
        const auto woken = co_await (session_.wait_readable() || timer.async_wait(token));
        co_return woken.index() == 0 ? Wake::input : Wake::timeout;
    }
    asio::posix::stream_descriptor descriptor(session_.executor(), own.release());
    const auto woken = co_await (
        session_.wait_readable() || descriptor.async_wait(descriptor.wait_read, token) || timer.async_wait(token));
    if (woken.index() == 0) co_return Wake::input;
    co_return woken.index() == 1 ? Wake::watch : Wake::timeout;
}

} // namespace hearth::imap
