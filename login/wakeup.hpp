// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

namespace hearth::login {

/// What one coroutine waits for when several things may happen to it: whoever has news leaves them where the coroutine
/// looks, and rings. News that came before the wait end it at once, so none is missed. One waiter at a time.
class Wakeup {
public:
    explicit Wakeup(boost::asio::any_io_executor executor) : timer_(std::move(executor)) {}

    void notify();
    /// Until notify(), or `when`; without one for ever. May end early: look again.
    boost::asio::awaitable<void> wait(std::optional<Time> when = std::nullopt);

private:
    boost::asio::steady_timer timer_;
    bool notified_ = false;
};

} // namespace hearth::login
