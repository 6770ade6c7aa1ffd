// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>

namespace hearth::net {

/// Runs a coroutine on its own; an exception that escapes it is logged with `what` and ends it only.
void spawn(boost::asio::any_io_executor executor, boost::asio::awaitable<void> work, std::string what);

} // namespace hearth::net
