// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/frame_stream.hpp"
#include "wakeup.hpp"

#include <functional>
#include <memory>
#include <string>

namespace hearth::login {

/// The one frame stream of this process to `auth` or `anvil`, by a name relative to the working directory, so that it
/// is found inside and outside a chroot alike. Connects again when the peer is gone, after pauses that grow.
class PeerLink {
public:
    static constexpr auto pause_first = std::chrono::milliseconds(20);
    static constexpr auto pause_max = std::chrono::milliseconds(1000);

    struct Events {
        std::function<void()> up;              ///< connected
        std::function<bool(net::Frame)> frame; ///< false: not our protocol, the stream is given up
        std::function<void()> lost;            ///< what was under way on this stream has no answer
    };
    PeerLink(boost::asio::any_io_executor executor, std::string path, Events events);

    /// Runs until stop(); the object must outlive that.
    void start();
    void stop();
    [[nodiscard]] bool is_up() const { return stream_ && stream_->is_open(); }
    /// Never waits; what is sent while the link is down is dropped.
    void send(std::string frame);
    /// With the next frame, or a few later: net::FrameStream::send_later().
    void send_later(std::string frame);

private:
    boost::asio::awaitable<void> run();
    boost::asio::awaitable<bool> converse();
    void complain(const std::string& why);

    boost::asio::any_io_executor executor_;
    std::string path_;
    Events events_;
    std::unique_ptr<net::FrameStream> stream_;
    Wakeup wakeup_;
    bool stopping_ = false;
    bool complained_ = false; // one line for each time the peer is away
};

} // namespace hearth::login
