// SPDX-License-Identifier: Apache-2.0
#include "worker/reports.hpp"
#include "log/log.hpp"
#include "net/unix_socket.hpp"
#include "protocol/limits.hpp"

#include <cerrno>
#include <poll.h>

namespace hearth::worker {

Reports::Reports(const boost::asio::any_io_executor& executor, UniqueFd socket, Source source)
    : socket_(executor), source_(std::move(source)) {
    use(std::move(socket));
}

void Reports::use(UniqueFd socket) {
    if (socket && !socket_.is_open()) socket_.assign(socket.release());
}

void Reports::session_ended(const SessionId& id) {
    if (ended_.size() == protocol::ended_per_report_max) ended_.pop_front();
    ended_.push_back(id);
}

void Reports::publish() {
    if (!waiting_ && !try_send()) wait_for_room();
}

void Reports::publish_before_last_bytes() {
    if (!socket_.is_open() || try_send()) return;
    pollfd room{socket_.native_handle(), POLLOUT, 0};
    ::poll(&room, 1, static_cast<int>(room_wait.count()));
    if (!try_send() && !waiting_) wait_for_room();
}

bool Reports::try_send() {
    if (!socket_.is_open()) return true;
    auto report = source_();
    if (!report) return true;
    report->sequence = ++sequence_;
    report->ended.assign(ended_.begin(), ended_.end());
    const auto sent = net::send_message(
        socket_.native_handle(), protocol::anvil::encode(protocol::anvil::Report(std::move(*report))));
    if (sent || sent.error().value() != EAGAIN) {
        if (!sent && !std::exchange(warned_, true))
            log::warning(
                "anvil can't be told what this worker does ({}): limits and reuse suffer", sent.error().message());
        return true;
    }
    return false;
}

void Reports::wait_for_room() {
    waiting_ = true;
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write, [this](error_code error) {
        if (error) return; // closed; this may be gone
        waiting_ = false;
        publish();
    });
}

void Reports::close() {
    error_code ignored;
    socket_.close(ignored);
    waiting_ = false;
}

} // namespace hearth::worker
