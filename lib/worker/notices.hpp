// SPDX-License-Identifier: Apache-2.0
// What a worker tells the master (sd_notify(3) datagrams): READY, bound, leaving, and answers to "leave".
#pragma once

#include "base/unique_fd.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <string>

namespace hearth::worker {

/// Keeps the order, never waits: what the master's full queue doesn't take is sent when there is room.
class Notices {
public:
    /// `socket` is connected to the master; empty: nobody listens, and all is dropped.
    Notices(const boost::asio::any_io_executor& executor, UniqueFd socket);

    void say(std::string message);
    /// Something is still to be sent.
    [[nodiscard]] bool is_pending() const { return !queue_.empty(); }
    void close();

    /// More is never due in one life but answers to "leave", of which the oldest is dropped.
    static constexpr std::size_t queue_max = 32;

private:
    void flush();
    void wait_for_room();

    boost::asio::posix::stream_descriptor socket_;
    std::deque<std::string> queue_;
    bool waiting_ = false;
};

} // namespace hearth::worker
