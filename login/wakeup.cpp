// SPDX-License-Identifier: Apache-2.0
#include "wakeup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::login {

void Wakeup::notify() {
    notified_ = true;
    timer_.cancel();
}

boost::asio::awaitable<void> Wakeup::wait(std::optional<Time> when) {
    if (!notified_) {
        timer_.expires_at(when.value_or(Time::max()));
        co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    notified_ = false;
}

} // namespace hearth::login
