// SPDX-License-Identifier: Apache-2.0
// The master's two ways to anvil: datagrams on anvil-report (who lives, who died, the limits), in one queue with the
// workers' own reports so that a death is ordered after the last word; and the framed stream on anvil-master.
#pragma once

#include "base/unique_fd.hpp"
#include "net/frame_stream.hpp"
#include "protocol/anvil.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace hearth::master {

/// Must outlive the io_context's run().
class AnvilLink {
public:
    static constexpr auto stuck_time_max = std::chrono::seconds(10); ///< a queue that is full so long: anvil hangs

    struct Events {
        std::function<void(const protocol::anvil::MasterPush&)> pushed;
        std::function<void()> flushed; ///< all datagrams are in anvil's queue (again)
        std::function<void()> lost;    ///< the stream ended or anvil talked nonsense
        std::function<void()> stuck;   ///< anvil doesn't read
    };

    AnvilLink(boost::asio::any_io_executor executor, Events events);

    /// An anvil was started: forgets what was for the one before it, connects the stream and sends `first` (the roster,
    /// then the limits). The listeners are the master's own, so connecting needs no anvil yet.
    Result<void> start(std::vector<protocol::anvil::Report> first);
    /// Anvil is dead: nothing is sent any more, and nothing is owed.
    void end();

    /// Queues a datagram. Without an anvil it is dropped: the next one gets the whole roster.
    void report(const protocol::anvil::Report& report);
    void ask(const protocol::anvil::MasterMessage& message);
    [[nodiscard]] bool is_flushed() const { return outgoing_.empty(); }
    [[nodiscard]] bool is_running() const { return running_; }
    [[nodiscard]] bool has_stream() const { return stream_ != nullptr && stream_->is_open(); }

private:
    void flush();
    void wait_for_room();
    void watch_progress();
    boost::asio::awaitable<void> read_pushes(std::shared_ptr<net::FrameStream> stream);

    boost::asio::any_io_executor executor_;
    Events events_;
    boost::asio::posix::stream_descriptor reports_; // connected: an unconnected one always polls writable
    boost::asio::steady_timer progress_;
    std::shared_ptr<net::FrameStream> stream_;
    std::deque<std::string> outgoing_;
    std::uint64_t sent_ = 0;
    bool running_ = false, waiting_ = false, watching_ = false;
};

/// The roster in parts that fit into the queue.
std::vector<protocol::anvil::Report> roster_parts(
    std::uint64_t epoch, const std::vector<protocol::anvil::Roster::Process>& processes);
constexpr std::size_t roster_part_processes = 2000;

} // namespace hearth::master
