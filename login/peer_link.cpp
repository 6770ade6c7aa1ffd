// SPDX-License-Identifier: Apache-2.0
#include "peer_link.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "net/unix_socket.hpp"

#include <algorithm>

namespace hearth::login {

PeerLink::PeerLink(boost::asio::any_io_executor executor, std::string path, Events events)
    : executor_(executor), path_(std::move(path)), events_(std::move(events)), wakeup_(executor) {}

void PeerLink::start() {
    net::spawn(executor_, run(), "link to " + path_);
}

void PeerLink::stop() {
    stopping_ = true;
    if (stream_) stream_->close();
    wakeup_.notify();
}

void PeerLink::send(std::string frame) {
    if (is_up()) stream_->send(std::move(frame));
}

void PeerLink::send_later(std::string frame) {
    if (is_up()) stream_->send_later(std::move(frame));
}

void PeerLink::complain(const std::string& why) {
    if (!complained_ && !stopping_) log::warning("{}: {}; trying again until it is back", path_, why);
    complained_ = true;
}

boost::asio::awaitable<void> PeerLink::run() {
    auto pause = std::chrono::milliseconds(pause_first);
    while (!stopping_) {
        auto socket = net::connect_unix(path_, net::stream);
        if (socket) {
            stream_ = std::make_unique<net::FrameStream>(executor_, std::move(*socket));
            events_.up();
            if (co_await converse()) pause = pause_first;
            stream_.reset();
            events_.lost();
            if (stopping_) break;
        } else {
            complain("can't connect: " + socket.error().message());
        }
        co_await wakeup_.wait(Clock::now() + pause);
        pause = std::min<std::chrono::milliseconds>(pause * 2, pause_max);
    }
}

// Until the stream ends. True if the peer said anything: then it was really there.
boost::asio::awaitable<bool> PeerLink::converse() {
    bool heard = false;
    for (;;) {
        auto frame = co_await stream_->read();
        if (!frame) {
            complain("connection lost: " + frame.error().message());
            co_return heard;
        }
        heard = true;
        complained_ = false;
        if (!events_.frame(std::move(*frame))) {
            complain("it sent something that is not of our protocol");
            co_return false;
        }
    }
}

} // namespace hearth::login
