// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace hearth::net {

/// Waits for a descriptor that many write to and whose words may wait for a moment. Now and then it is told at once that
/// there is something to read; when that comes again and again, it looks in steps of `pace` instead, and whoever writes
/// wakes nobody: a wake-up costs both sides more than the message.
class PacedWait {
public:
    /// `fd` outlives it: what is watched is a duplicate. Throws std::system_error.
    PacedWait(const boost::asio::any_io_executor& executor, int fd, std::chrono::milliseconds pace);

    /// Until there may be something to read. `found`: there was something at the last look. One waiter at a time.
    boost::asio::awaitable<error_code> wait(bool found);
    /// Ends a wait with operation_aborted, for good. This must outlive it.
    void close();
    [[nodiscard]] bool is_closed() const { return closed_; }

private:
    boost::asio::awaitable<error_code> wait_for_event();
    boost::asio::awaitable<error_code> let_time_pass();

    boost::asio::posix::stream_descriptor watched_;
    boost::asio::steady_timer timer_;
    UniqueFd resting_; // the duplicate, while it isn't watched
    const std::chrono::milliseconds pace_;
    Time woken_{}, woken_before_{};
    bool closed_ = false;
};

} // namespace hearth::net
