// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"
#include "base/unique_fd.hpp"
#include "net/spawn.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

namespace hearth::master {

Signals::Signals(boost::asio::any_io_executor executor, Handler handler)
    : executor_(std::move(executor)), handler_(std::move(handler)), descriptor_(executor_) {}

Result<void> Signals::open(std::initializer_list<int> signals) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : signals) ::sigaddset(&set, signal);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return last_error();
    UniqueFd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!fd) return last_error();
    descriptor_.assign(fd.release());
    net::spawn(executor_, receive(), "signals");
    return {};
}

boost::asio::awaitable<void> Signals::receive() {
    for (;;) {
        const auto [failure] = co_await descriptor_.async_wait(
            boost::asio::posix::stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
        if (failure) co_return;
        signalfd_siginfo info{};
        while (::read(descriptor_.native_handle(), &info, sizeof info) == sizeof info)
            handler_(static_cast<int>(info.ssi_signo), static_cast<pid_t>(info.ssi_pid));
    }
}

} // namespace hearth::master
