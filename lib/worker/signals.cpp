// SPDX-License-Identifier: Apache-2.0
#include "worker/signals.hpp"
#include "protocol/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <optional>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace hearth::worker {
namespace {

using namespace protocol::service;

std::optional<Order> order_of(const signalfd_siginfo& info) {
    const auto number = static_cast<std::uint32_t>(info.ssi_int);
    const auto signal = static_cast<int>(info.ssi_signo);
    if (signal == signal_leave()) return Order{Order::Kind::leave, number};
    if (signal == signal_roll()) return Order{Order::Kind::roll, number};
    if (signal == signal_kick()) return Order{Order::Kind::kick, number};
    if (signal == signal_retire()) return Order{Order::Kind::retire, number};
    if (signal == SIGTERM) return Order{Order::Kind::terminate, 0};
    return std::nullopt;
}

} // namespace

UniqueFd block_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {signal_leave(), signal_roll(), signal_kick(), signal_retire(), SIGTERM})
        sigaddset(&set, signal);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0)
        throw std::system_error(errno, std::generic_category(), "sigprocmask");
    UniqueFd descriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!descriptor) throw std::system_error(errno, std::generic_category(), "signalfd");
    return descriptor;
}

Signals::Signals(const boost::asio::any_io_executor& executor, UniqueFd descriptor) : descriptor_(executor) {
    descriptor_.assign(descriptor.release());
}

boost::asio::awaitable<Result<Order>> Signals::next() {
    for (;;) {
        signalfd_siginfo info{};
        const auto got = ::read(descriptor_.native_handle(), &info, sizeof info);
        if (got == sizeof info) {
            if (const auto order = order_of(info)) co_return *order;
            continue;
        }
        if (got < 0 && errno != EAGAIN && errno != EINTR) co_return last_error();
        constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
        const auto [error] = co_await descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read, token);
        if (error) co_return error;
        if (!descriptor_.is_open()) co_return error_code(EBADF, boost::system::system_category());
    }
}

void Signals::close() {
    error_code ignored;
    descriptor_.close(ignored);
}

} // namespace hearth::worker
