// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

namespace hearth::net {

/// What `operation` gives, or nothing when `deadline` comes first: the operation is then cancelled and over, and a
/// stream it worked on is in an unknown position: say good-bye and close it.
template <class T>
boost::asio::awaitable<std::optional<T>> with_deadline(boost::asio::awaitable<T> operation, Time deadline) {
    using namespace boost::asio::experimental::awaitable_operators;
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, deadline);
    auto expiry = timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    auto winner = co_await (std::move(operation) || std::move(expiry));
    if (winner.index() == 0) co_return std::optional<T>(std::get<0>(std::move(winner)));
    co_return std::nullopt;
}

} // namespace hearth::net
