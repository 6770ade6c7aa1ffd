// SPDX-License-Identifier: Apache-2.0
// Messages on a stream: u32 length (network order), then the message. A descriptor may travel with a frame: it is sent
// with the frame's first byte, and its length word has the top bit set. Used by login↔auth, login↔anvil, master↔anvil.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <string>
#include <string_view>

namespace hearth::net {

struct Frame {
    std::string bytes;
    UniqueFd fd; ///< empty, or the descriptor that came with it
};

/// One end of a framed stream over a unix stream socket. What it has read and sent is wiped from its buffers: login's
/// frames to auth hold passwords; the Frame that read() gives is the caller's to wipe. One reader at a time; send() may be called by anyone at any
/// moment and never waits. Must outlive its reads and its unsent frames: close(), then let the coroutines end.
class FrameStream {
public:
    FrameStream(boost::asio::any_io_executor executor, UniqueFd socket);
    ~FrameStream();

    /// The next frame. Errors: eof between frames, EPROTO on a frame above protocol::frame_bytes_max, or on a missing
    /// or surplus descriptor; what the kernel says otherwise.
    boost::asio::awaitable<Result<Frame>> read();

    /// Queues a frame and sends what the socket takes. When the peer doesn't read and the queue passes
    /// queue_bytes_max, or the connection is gone, the stream closes itself: the reader learns it.
    void send(std::string bytes, UniqueFd fd = {});
    /// Queues a frame that is sent with the next send(), or with the last of `later_max`: for words that nobody waits for,
    /// so that the peer isn't woken for them. No secrets: it isn't wiped.
    void send_later(std::string bytes);

    void close();
    [[nodiscard]] bool is_open() const { return socket_.is_open(); }
    [[nodiscard]] int native_handle() { return socket_.native_handle(); }

    static constexpr std::size_t queue_bytes_max = 4 * 1024 * 1024;
    static constexpr std::size_t later_max = 16;

private:
    void append(std::string_view bytes);
    void take_off(std::size_t size);
    void push(std::string framed, UniqueFd fd);
    bool flush();
    void wait_for_room();

    boost::asio::posix::stream_descriptor socket_;
    std::string input_;
    std::deque<UniqueFd> input_fds_;
    bool drained_ = false; // the last read took all there was: the next would be in vain
    struct Outgoing {
        std::string bytes;
        std::size_t sent = 0;
        UniqueFd fd;
    };
    std::deque<Outgoing> output_;
    std::size_t output_bytes_ = 0;
    std::string later_; // frames that wait for a send()
    std::size_t later_count_ = 0;
    bool waiting_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); // false once destroyed, for handlers still in flight
};

} // namespace hearth::net
