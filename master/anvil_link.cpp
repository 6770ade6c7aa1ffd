// SPDX-License-Identifier: Apache-2.0
#include "anvil_link.hpp"
#include "net/spawn.hpp"
#include "net/unix_socket.hpp"
#include "protocol/service.hpp"

#include <algorithm>

namespace hearth::master {

namespace anvil = protocol::anvil;

std::vector<anvil::Report> roster_parts(std::uint64_t epoch, const std::vector<anvil::Roster::Process>& processes) {
    std::vector<anvil::Report> reports;
    const auto parts = std::max<std::size_t>(1, (processes.size() + roster_part_processes - 1) / roster_part_processes);
    for (std::size_t part = 0; part < parts; ++part) {
        anvil::Roster roster;
        roster.epoch = epoch;
        roster.part = static_cast<std::uint16_t>(part);
        roster.parts = static_cast<std::uint16_t>(parts);
        const auto first = part * roster_part_processes;
        const auto last = std::min(processes.size(), first + roster_part_processes);
        roster.processes.assign(processes.begin() + static_cast<std::ptrdiff_t>(first),
            processes.begin() + static_cast<std::ptrdiff_t>(last));
        reports.emplace_back(std::move(roster));
    }
    return reports;
}

AnvilLink::AnvilLink(boost::asio::any_io_executor executor, Events events)
    : executor_(std::move(executor)), events_(std::move(events)), reports_(executor_), progress_(executor_) {}

Result<void> AnvilLink::start(std::vector<anvil::Report> first) {
    end();
    auto reports = net::connect_unix(protocol::service::fd_report, net::datagram);
    if (!reports) return reports.error();
    auto stream = net::connect_unix("anvil-master", net::stream);
    if (!stream) return stream.error();
    reports_.assign(reports->release());
    running_ = true;
    for (const auto& one : first) outgoing_.push_back(anvil::encode(one));
    flush();
    stream_ = std::make_shared<net::FrameStream>(executor_, std::move(*stream));
    net::spawn(executor_, read_pushes(stream_), "link to anvil");
    return {};
}

void AnvilLink::end() {
    running_ = false;
    outgoing_.clear();
    progress_.cancel();
    error_code ignored;
    reports_.close(ignored);
    if (stream_) stream_->close();
    stream_.reset();
}

void AnvilLink::report(const anvil::Report& report) {
    if (!running_) return;
    outgoing_.push_back(anvil::encode(report));
    if (!waiting_) flush();
}

void AnvilLink::ask(const anvil::MasterMessage& message) {
    if (has_stream()) stream_->send(anvil::encode(message));
}

void AnvilLink::flush() {
    while (!outgoing_.empty()) {
        const auto sent = net::send_message(reports_.native_handle(), outgoing_.front());
        // ENOBUFS and the like pass as a full queue does; anything else would not get better by waiting.
        if (!sent && (sent.error().value() == EAGAIN || sent.error().value() == ENOBUFS)) return wait_for_room();
        outgoing_.pop_front();
        ++sent_;
    }
    progress_.cancel();
}

void AnvilLink::wait_for_room() {
    waiting_ = true;
    watch_progress();
    reports_.async_wait(boost::asio::posix::stream_descriptor::wait_write, [this](error_code failure) {
        waiting_ = false;
        if (!running_) return;
        if (!failure || failure == boost::asio::error::operation_aborted) flush();
        if (outgoing_.empty()) events_.flushed();
    });
}

void AnvilLink::watch_progress() {
    if (watching_) return;
    watching_ = true;
    progress_.expires_after(stuck_time_max);
    progress_.async_wait([this, before = sent_](error_code failure) {
        watching_ = false;
        if (failure || !running_ || outgoing_.empty()) return;
        if (sent_ == before) events_.stuck();
        else watch_progress();
    });
}

boost::asio::awaitable<void> AnvilLink::read_pushes(std::shared_ptr<net::FrameStream> stream) {
    for (;;) {
        auto frame = co_await stream->read();
        if (stream != stream_) co_return; // another anvil has come
        const auto push = frame ? anvil::decode_master_push(frame->bytes) : std::nullopt;
        if (!push) break;
        events_.pushed(*push);
    }
    stream->close();
    events_.lost();
}

} // namespace hearth::master
