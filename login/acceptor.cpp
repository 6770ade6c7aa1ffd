// SPDX-License-Identifier: Apache-2.0
#include "acceptor.hpp"
#include "client.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace hearth::login {

Acceptor::Acceptor(Front& front, std::string name, UniqueFd listener, Dialogue dialogue)
    : front_(front),
      name_(std::move(name)),
      listener_(front.executor, listener.release()),
      dialogue_(dialogue),
      wakeup_(front.executor) {
    error_code error;
    listener_.native_non_blocking(true, error); // several processes accept: another one may be faster
    if (error) throw boost::system::system_error(error, "listener " + name_);
}

void Acceptor::start() {
    net::spawn(front_.executor, run(), "listener " + name_);
}

void Acceptor::stop() {
    stopping_ = true;
    // Released first: others hold the same socket, so closing our descriptor would leave it in our epoll set.
    if (listener_.is_open()) UniqueFd(listener_.release());
    wakeup_.notify();
}

boost::asio::awaitable<void> Acceptor::run() {
    while (!stopping_) {
        auto step = Step::more;
        for (int i = 0; i < accepts_per_wakeup && step == Step::more; ++i)
            step = accept_one();
        if (step == Step::full)
            co_await wait_for_room(std::nullopt);
        else if (step == Step::failed)
            co_await wait_for_room(Clock::now() + pause);
        else
            co_await listener_.async_wait(
                boost::asio::posix::stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
    }
}

// Without looking at the listener meanwhile: it stays readable, and would keep us spinning.
boost::asio::awaitable<void> Acceptor::wait_for_room(std::optional<Time> until) {
    front_.clients.add_listener(wakeup_);
    co_await wakeup_.wait(until);
    front_.clients.remove_listener(wakeup_);
}

Acceptor::Step Acceptor::accept_one() {
    // Asked before the accept: who can't be served waits in the backlog, not in a process that ignores him.
    if (!front_.clients.has_room()) {
        complain("client_limit reached, and all clients are being handed over");
        return Step::full;
    }
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    UniqueFd socket(
        ::accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) return Step::drained;
        if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
            return Step::more; // the client's fault
        complain(std::string("accept: ") + std::strerror(errno));
        front_.clients.displace_oldest();
        return Step::failed;
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // the worker inherits it
    front_.clients.make_room();
    auto endpoints = endpoints_of(socket.get(), peer);
    auto client = std::make_shared<Client>(front_.executor, std::move(socket), std::move(endpoints));
    net::spawn(front_.executor, dialogue_(front_, std::move(client)), "client");
    return Step::more;
}

void Acceptor::complain(const std::string& why) {
    const auto now = Clock::now();
    if (complained_ && now < *complained_ + log_interval) return;
    complained_ = now;
    log::warning("listener {}: {}; new clients wait (raise client_limit or process_limit of this service)", name_, why);
}

} // namespace hearth::login
