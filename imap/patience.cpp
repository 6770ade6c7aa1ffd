// SPDX-License-Identifier: Apache-2.0
#include "patience.hpp"

#include "base/random.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::imap {

asio::awaitable<bool> Patience::again(error_code error) {
    error_ = error;
    const bool unfinished = error == store::Error::unfinished;
    if (!unfinished && error != store::Error::busy) co_return false;
    if (context_.is_over()) {
        error_ = store::make_error_code(store::Error::in_use);
        co_return false;
    }
    if (unfinished) {
        busy_count_ = 0;
        co_await context_.breathe();
        co_return true;
    }
    if (busy_count_++ == 0) busy_since_ = Clock::now();
    if (Clock::now() - busy_since_ >= wait_max) {
        error_ = store::make_error_code(store::Error::in_use);
        co_return false;
    }
    co_await pause();
    co_return true;
}

asio::awaitable<void> Patience::pause() {
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    const std::chrono::milliseconds length(1 + static_cast<int>(random_u64() % pause_max.count()));
    asio::steady_timer timer(co_await asio::this_coro::executor, length);
    co_await timer.async_wait(token);
    context_.running_since = Clock::now();
}

} // namespace hearth::imap
