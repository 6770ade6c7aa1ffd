// SPDX-License-Identifier: Apache-2.0
#include "listener.hpp"
#include "log/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>

namespace hearth::anvil {
namespace {

constexpr auto shortage_pause = std::chrono::milliseconds(200);

bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

} // namespace

boost::asio::awaitable<Result<UniqueFd>> Listener::accept() {
    boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
    while (socket_.is_open()) {
        UniqueFd connection(::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (connection) co_return connection;
        const int error = errno;
        if (is_shortage(error)) {
            log::warning("out of descriptors or memory, new connections wait: {}", last_error().message());
            pause.expires_after(shortage_pause);
            co_await pause.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        } else if (error == EAGAIN) {
            const auto [failed] = co_await socket_.async_wait(
                boost::asio::posix::stream_descriptor::wait_read, boost::asio::as_tuple(boost::asio::use_awaitable));
            if (failed) co_return failed;
        } else if (error != EINTR && error != ECONNABORTED) {
            co_return error_code(error, boost::system::system_category());
        }
    }
    co_return error_code(boost::asio::error::operation_aborted);
}

void Listener::close() {
    error_code ignored;
    socket_.close(ignored);
}

} // namespace hearth::anvil
