// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"
#include "admin_conversation.hpp"
#include "conversation.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <exception>
#include <sys/socket.h>
#include <utility>

namespace hearth::auth {
namespace {

namespace asio = boost::asio;

constexpr auto pause_without_descriptors = std::chrono::milliseconds(200);

} // namespace

Server::Server(
    asio::any_io_executor executor, const Settings& settings, Authenticator& authenticator, const GrantMaker& grants)
    : executor_(executor),
      settings_(settings),
      authenticator_(authenticator),
      grants_(grants),
      login_listener_(executor),
      administrator_listener_(executor) {}

void Server::serve_logins(UniqueFd listener) {
    login_listener_.assign(listener.release());
    net::spawn(executor_, accept_logins(), "login listener");
}

void Server::serve_administrators(UniqueFd listener) {
    administrator_listener_.assign(listener.release());
    net::spawn(executor_, accept_administrators(), "admin listener");
}

void Server::retire(std::function<void()> when_idle) {
    boost::system::error_code ignored;
    login_listener_.close(ignored);
    administrator_listener_.close(ignored);
    when_idle_ = std::move(when_idle);
    check_idle();
}

void Server::check_idle() {
    if (logins_ > 0 || !when_idle_) return;
    std::exchange(when_idle_, nullptr)();
}

// The next connection, close-on-exec from birth; empty when the listener was closed.
asio::awaitable<UniqueFd> Server::accept(Listener& listener) {
    while (listener.is_open()) {
        UniqueFd socket(::accept4(listener.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) co_return socket;
        const int error = errno;
        if (error == EAGAIN || error == EWOULDBLOCK) {
            const auto [failed] =
                co_await listener.async_wait(Listener::wait_read, asio::as_tuple(asio::use_awaitable));
            if (failed) break;
        } else if (error != EINTR && error != ECONNABORTED) {
            log::error("can't accept a connection: {}", std::strerror(error));
            asio::steady_timer pause(executor_, pause_without_descriptors);
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
    co_return UniqueFd();
}

asio::awaitable<void> Server::accept_logins() {
    for (;;) {
        auto socket = co_await accept(login_listener_);
        if (!socket) co_return;
        if (logins_ >= logins_max) {
            log::error("{} login processes are connected, the most there may be: turning one away", logins_max);
            continue;
        }
        ++logins_;
        net::spawn(executor_, serve_login(std::move(socket)), "login's stream");
    }
}

asio::awaitable<void> Server::accept_administrators() {
    for (;;) {
        auto socket = co_await accept(administrator_listener_);
        if (!socket) co_return;
        if (administrators_ >= administrators_max) {
            log::warning(
                "{} administrators are connected, the most there may be: turning one away", administrators_max);
            continue;
        }
        ++administrators_;
        net::spawn(executor_, serve_administrator(std::move(socket)), "administrator's connection");
    }
}

asio::awaitable<void> Server::serve_login(UniqueFd socket) {
    const auto conversation =
        std::make_shared<Conversation>(executor_, std::move(socket), settings_, authenticator_, grants_);
    std::exception_ptr escaped;
    try {
        co_await Conversation::run(conversation);
    } catch (...) {
        escaped = std::current_exception();
    }
    --logins_;
    check_idle();
    if (escaped) std::rethrow_exception(escaped);
}

asio::awaitable<void> Server::serve_administrator(UniqueFd socket) {
    std::exception_ptr escaped;
    try {
        co_await auth::serve_administrator(std::move(socket), authenticator_);
    } catch (...) {
        escaped = std::current_exception();
    }
    --administrators_;
    if (escaped) std::rethrow_exception(escaped);
}

} // namespace hearth::auth
