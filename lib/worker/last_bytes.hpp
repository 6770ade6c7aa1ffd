// SPDX-License-Identifier: Apache-2.0
// The end of a client's connection: its last bytes, and how to hang up so that they arrive.
#pragma once

#include "base/clock.hpp"
#include "base/unique_fd.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace hearth::worker {

/// At most this much may be written after the worker has published that it is free.
constexpr std::size_t last_bytes_max = 4096;
/// And so long may it take a client to accept it.
constexpr auto drain_time = std::chrono::seconds(1);

/// Sends what the client takes at once; returns how much. A client that is gone takes everything.
std::size_t send_at_once(int client, std::string_view bytes);

/// The owner's way to close: shutdown first, because an abandoned offer elsewhere may hold the socket, and then the
/// client would see no end. What it sent and nobody read is thrown away, else the close would destroy the last bytes
/// on their way.
void hang_up(UniqueFd client);

/// Sends the rest while there is time, and hangs up.
boost::asio::awaitable<void> send_rest(
    boost::asio::any_io_executor executor, UniqueFd client, std::string rest, Time deadline);

} // namespace hearth::worker
