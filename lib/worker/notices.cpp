// SPDX-License-Identifier: Apache-2.0
#include "worker/notices.hpp"
#include "base/result.hpp"
#include "net/unix_socket.hpp"

#include <cerrno>

namespace hearth::worker {

Notices::Notices(const boost::asio::any_io_executor& executor, UniqueFd socket) : socket_(executor) {
    if (socket) socket_.assign(socket.release());
}

void Notices::say(std::string message) {
    if (!socket_.is_open()) return;
    if (queue_.size() == queue_max) queue_.pop_front();
    queue_.push_back(std::move(message));
    if (!waiting_) flush();
}

void Notices::flush() {
    while (!queue_.empty()) {
        const auto sent = net::send_message(socket_.native_handle(), queue_.front());
        if (!sent && sent.error().value() == EAGAIN) return wait_for_room();
        queue_.pop_front(); // sent, or the master is gone: then its life pipe ends, and that is acted upon
    }
}

void Notices::wait_for_room() {
    waiting_ = true;
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write, [this](error_code error) {
        if (error) return; // closed; this may be gone
        waiting_ = false;
        flush();
    });
}

void Notices::close() {
    error_code ignored;
    socket_.close(ignored);
    queue_.clear();
}

} // namespace hearth::worker
