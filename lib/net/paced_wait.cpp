// SPDX-License-Identifier: Apache-2.0
#include "net/paced_wait.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <system_error>
#include <utility>

namespace hearth::net {

using boost::asio::posix::stream_descriptor;

namespace {
constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
}

PacedWait::PacedWait(const boost::asio::any_io_executor& executor, int fd, std::chrono::milliseconds pace)
    : watched_(executor), timer_(executor), resting_(duplicate(fd)), pace_(pace) {
    if (!resting_) throw std::system_error(errno, std::generic_category(), "can't watch a descriptor");
}

boost::asio::awaitable<error_code> PacedWait::wait(bool found) {
    if (closed_) co_return boost::asio::error::operation_aborted;
    const bool dense = found && woken_ - woken_before_ < 2 * pace_;
    error_code error;
    if (dense)
        error = co_await let_time_pass();
    else
        error = co_await wait_for_event();
    woken_before_ = std::exchange(woken_, Clock::now());
    if (closed_) co_return boost::asio::error::operation_aborted; // closed when the event was on its way already
    co_return error;
}

boost::asio::awaitable<error_code> PacedWait::wait_for_event() {
    if (resting_) {
        error_code error;
        watched_.assign(resting_.get(), error); // what has come meanwhile counts as an event
        if (error) co_return error;
        (void)resting_.release();
    }
    const auto [error] = co_await watched_.async_wait(stream_descriptor::wait_read, token);
    co_return error;
}

boost::asio::awaitable<error_code> PacedWait::let_time_pass() {
    // Out of the poll set: in it, each arrival would wake us although nobody waits for it.
    if (watched_.is_open()) resting_.reset(watched_.release());
    timer_.expires_after(pace_);
    const auto [error] = co_await timer_.async_wait(token);
    co_return error;
}

void PacedWait::close() {
    closed_ = true;
    error_code ignored;
    watched_.close(ignored);
    resting_.reset();
    timer_.cancel();
}

} // namespace hearth::net
