// SPDX-License-Identifier: Apache-2.0
// What a worker tells anvil: snapshots of its whole truth, as datagrams. A full queue costs nothing but time: the
// report that is sent when there is room again is the truth of that moment.
#pragma once

#include "base/unique_fd.hpp"
#include "protocol/anvil.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <deque>
#include <functional>

namespace hearth::worker {

class Reports {
public:
    /// Gives the present truth, without sequence and ended; nothing while there is nothing to tell (unbound).
    using Source = std::function<std::optional<protocol::anvil::WorkerReport>()>;

    /// `socket` is connected to anvil's datagram socket (only a connected one polls writable truthfully); it may be
    /// empty: use() brings one later, before the process loses the right to connect.
    Reports(const boost::asio::any_io_executor& executor, UniqueFd socket, Source source);
    void use(UniqueFd socket);
    [[nodiscard]] bool has_socket() const { return socket_.is_open(); }

    /// A session is over: its id is repeated in the next reports, so that its lease ends even if no report ever told
    /// that it had begun.
    void session_ended(const SessionId& id);

    /// Sends the truth now, or as soon as anvil's queue has room.
    void publish();
    /// The same, but waits up to `room_wait` for room, blocking: for the one report that has to be there before the
    /// client reads its last bytes.
    void publish_before_last_bytes();

    [[nodiscard]] bool is_pending() const { return waiting_; }
    void close();

    static constexpr auto room_wait = std::chrono::milliseconds(2);

private:
    /// False: anvil's queue is full.
    bool try_send();
    void wait_for_room();

    boost::asio::posix::stream_descriptor socket_;
    Source source_;
    std::uint64_t sequence_ = 0;
    std::deque<SessionId> ended_; // the last ended_per_report_max, newest last
    bool waiting_ = false;
    bool warned_ = false;
};

} // namespace hearth::worker
