// SPDX-License-Identifier: Apache-2.0
// The master's words to a worker: queued signals that carry a number (docs/protocol/service.md).
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>

namespace hearth::worker {

struct Order {
    enum class Kind : std::uint8_t { leave, roll, kick, retire, terminate };
    Kind kind{};
    std::uint32_t number = 0; ///< leave: sequence to echo; kick: first word of the session's id
};

/// Blocks the master's signals and SIGTERM in this process, for good, and gives the descriptor they are read from. To
/// be called before the process says READY: a real-time signal that isn't blocked kills. Throws std::system_error.
UniqueFd block_signals();

class Signals {
public:
    /// `descriptor` is block_signals()'s.
    Signals(const boost::asio::any_io_executor& executor, UniqueFd descriptor);
    /// The next order; an error once it was closed.
    boost::asio::awaitable<Result<Order>> next();
    void close();

private:
    boost::asio::posix::stream_descriptor descriptor_;
};

} // namespace hearth::worker
