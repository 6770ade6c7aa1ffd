// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hearth::login {
namespace {

// What a client may have sent that we close on: thrown away, so that the close doesn't become a reset that would take
// our last words with it.
constexpr int drain_reads_max = 16;

} // namespace

Client::Client(boost::asio::any_io_executor executor, UniqueFd socket, Endpoints endpoints)
    : socket_(executor),
      fd_(socket.release()),
      endpoints_(std::move(endpoints)),
      deadline_(executor),
      wakeup_(executor) {
    attach();
}

Client::~Client() {
    close();
}

void Client::attach() {
    if (fd_ < 0 || socket_.is_open()) return;
    error_code error;
    socket_.assign(fd_, error); // out of memory at worst: reads then say bad_descriptor, and the client is closed
}

void Client::detach() {
    if (socket_.is_open()) socket_.release();
}

// Not part of the coroutine, whose frame would keep the buffer as long as the client waits.
Result<std::string> Client::try_read() {
    std::array<char, read_bytes_max> buffer;
    const auto got = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got == 0) return error_code(boost::asio::error::eof);
    if (got < 0) return last_error();
    std::string bytes(buffer.data(), static_cast<std::size_t>(got));
    ::explicit_bzero(buffer.data(), bytes.size()); // it may hold a password
    return bytes;
}

boost::asio::awaitable<Result<std::string>> Client::read() {
    const auto self = shared_from_this();
    for (;;) {
        if (interrupted_ != Interrupt::none) co_return error_code(boost::asio::error::operation_aborted);
        auto bytes = try_read();
        if (bytes) co_return bytes;
        const int reason = bytes.error().value();
        if (reason == EINTR) continue;
        if (reason != EAGAIN && reason != EWOULDBLOCK) co_return bytes.error();
        const auto [error] = co_await socket_.async_wait(
            boost::asio::posix::stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
        if (error) co_return error;
    }
}

boost::asio::awaitable<Result<void>> Client::write(std::string bytes) {
    const auto self = shared_from_this();
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const auto sent = ::send(fd_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) co_return last_error();
        if (interrupted_ != Interrupt::none) co_return error_code(boost::asio::error::operation_aborted);
        const auto [error] = co_await socket_.async_wait(
            boost::asio::posix::stream_descriptor::wait_write, boost::asio::as_tuple(boost::asio::use_awaitable));
        if (error) co_return error;
    }
    co_return Result<void>();
}

void Client::say_and_forget(std::string_view bytes) {
    if (fd_ >= 0) (void)::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Client::set_deadline(Time when) {
    deadline_.expires_at(when);
    deadline_.async_wait([weak = weak_from_this()](error_code error) {
        if (const auto self = weak.lock(); self && !error) self->interrupt(Interrupt::timeout);
    });
}

void Client::interrupt(Interrupt why) {
    if (interrupted_ == Interrupt::none) interrupted_ = why;
    error_code ignored;
    if (socket_.is_open()) socket_.cancel(ignored);
    wakeup_.notify();
}

bool Client::has_hung_up(bool has_pipelined) const {
    pollfd state{fd_, POLLIN | POLLRDHUP, 0};
    if (::poll(&state, 1, 0) <= 0) return false;
    if ((state.revents & (POLLERR | POLLHUP)) != 0) return true;
    if ((state.revents & POLLRDHUP) == 0 || has_pipelined) return false;
    char byte = 0;
    return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void Client::give_away() {
    detach();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    deadline_.cancel();
}

void Client::close() {
    detach();
    if (fd_ >= 0) {
        ::shutdown(fd_, SHUT_WR);
        std::array<char, read_bytes_max> buffer;
        for (int i = 0; i<drain_reads_max&& ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT)> 0;)
            ++i;
        ::shutdown(fd_, SHUT_RDWR);
        ::close(fd_);
    }
    fd_ = -1;
    deadline_.cancel();
}

} // namespace hearth::login
