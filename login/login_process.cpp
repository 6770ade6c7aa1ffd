// SPDX-License-Identifier: Apache-2.0
#include "login_process.hpp"
#include "client.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "protocol/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <unistd.h>

namespace hearth::login {

LoginProcess::LoginProcess(Front& front, UniqueFd life, std::map<std::string, UniqueFd> listeners, Dialogue dialogue)
    : front_(front),
      life_(front.executor, life.release()),
      signals_(front.executor, SIGTERM, SIGINT, protocol::service::signal_retire()),
      wakeup_(front.executor) {
    for (auto& [name, listener] : listeners)
        acceptors_.push_back(std::make_unique<Acceptor>(front, name, std::move(listener), dialogue));
}

void LoginProcess::start() {
    front_.auth.start();
    front_.anvil.start();
    for (const auto& acceptor : acceptors_)
        acceptor->start();
    net::spawn(front_.executor, watch_life(), "life pipe");
    net::spawn(front_.executor, watch_signals(), "signals");
    net::spawn(front_.executor, finish(), "end of the process");
}

void LoginProcess::stop_accepting() {
    if (!std::exchange(accepting_, false)) return;
    for (const auto& acceptor : acceptors_)
        acceptor->stop();
    wakeup_.notify();
}

void LoginProcess::retire() {
    stop_accepting();
}

void LoginProcess::end() {
    stop_accepting();
    if (!end_by_) end_by_ = Clock::now() + end_timeout;
    front_.clients.interrupt_unauthenticated(Interrupt::shutting_down);
    wakeup_.notify();
}

boost::asio::awaitable<void> LoginProcess::watch_life() {
    // Nothing is ever written into it: it becomes readable when its last writer, the master, is gone.
    const auto [error] = co_await life_.async_wait(
        boost::asio::posix::stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
    if (!error) end();
}

boost::asio::awaitable<void> LoginProcess::watch_signals() {
    for (;;) {
        const auto [error, signal] = co_await signals_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        // A signal that came before the cancellation is still delivered after it, without an error: to wait again then
        // would keep the process for ever.
        if (error || over_) co_return;
        if (signal == protocol::service::signal_retire())
            retire();
        else
            end();
    }
}

// Waits for the end, lets the clients leave, and takes back whatever would keep the event loop running.
boost::asio::awaitable<void> LoginProcess::finish() {
    front_.clients.add_listener(wakeup_);
    while (accepting_ || front_.clients.size() > 0) {
        // A refused handover comes back as a client that isn't logged in: told again.
        if (end_by_) front_.clients.interrupt_unauthenticated(Interrupt::shutting_down);
        if (end_by_ && Clock::now() >= *end_by_) {
            log::warning("{} clients were still being handed over when the process had to end", front_.clients.size());
            std::_Exit(
                0); // what they wait for can't be taken back; their sockets close, offered ones live on in workers
        }
        co_await wakeup_.wait(end_by_);
    }
    front_.clients.remove_listener(wakeup_);
    front_.auth.stop();
    front_.anvil.stop();
    over_ = true;
    error_code ignored;
    signals_.cancel(ignored);
    life_.close(ignored);
}

} // namespace hearth::login
