// SPDX-License-Identifier: Apache-2.0
#include "report_socket.hpp"
#include "base/skip_check.hpp"
#include "log/log.hpp"
#include "net/unix_socket.hpp"
#include "protocol/limits.hpp"

#include <array>
#include <cstring>
#include <sys/socket.h>

namespace hearth::anvil {
namespace {

// What the sender claims, for the log: whose worker it says it is.
std::string_view claim_of(const wire::Report& report) {
    const auto* worker = std::get_if<wire::WorkerReport>(&report);
    return worker != nullptr ? std::string_view(worker->user) : std::string_view("master");
}

} // namespace

ReportSocket::ReportSocket(boost::asio::any_io_executor executor, UniqueFd socket, pid_t master_pid, Ledger& ledger)
    : socket_(std::move(socket)),
      wait_(executor, socket_.get(), pace),
      master_pid_(master_pid),
      ledger_(ledger),
      buffer_(std::make_unique<char[]>(protocol::datagram_bytes_max)) {
    // The master has set it already, so that what was queued before us is attested too.
    if (const auto set = net::want_credentials(socket_.get()); !set)
        throw boost::system::system_error(set.error(), "anvil-report");
}

void ReportSocket::close() {
    wait_.close();
    socket_.reset();
}

std::size_t ReportSocket::drain(std::size_t limit, Time now) {
    std::size_t count = 0;
    while (count < limit && socket_) {
        const auto datagram = receive();
        if (!datagram) {
            if (datagram.error().value() != EAGAIN) log::error("anvil-report: {}", datagram.error().message());
            break;
        }
        ++count;
        apply(*datagram, now);
    }
    return count;
}

// Into one buffer that stays: net::receive_message() makes one per message, of the greatest size there may be. There is
// room for the sender's credentials only, so the kernel drops descriptors that somebody passes.
Result<ReportSocket::Datagram> ReportSocket::receive() {
    iovec part{buffer_.get(), protocol::datagram_bytes_max};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t got = -1;
    do
        got = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return last_error();

    Datagram datagram;
    datagram.bytes = {buffer_.get(), static_cast<std::size_t>(got)};
    for (auto* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_CREDENTIALS) continue;
        ucred credentials{};
        std::memcpy(&credentials, CMSG_DATA(head), sizeof credentials);
        datagram.pid = credentials.pid;
        datagram.uid = credentials.uid;
        datagram.whole = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    }
    return datagram;
}

void ReportSocket::apply(const Datagram& datagram, Time now) {
    const auto report = datagram.whole ? wire::decode_report(datagram.bytes) : std::nullopt;
    if (!report) {
        ledger_.count_dropped(Reception::malformed);
        security_log_.report(Reception::malformed, datagram.pid, datagram.uid, "", now);
        return;
    }
    const auto reception = apply(*report, datagram, now);
    if (is_security_event(reception))
        security_log_.report(reception, datagram.pid, datagram.uid, claim_of(*report), now);
}

Reception ReportSocket::apply(const wire::Report& report, const Datagram& datagram, Time now) {
    if (const auto* worker = std::get_if<wire::WorkerReport>(&report))
        return ledger_.report(*worker, static_cast<std::uint32_t>(datagram.pid), now);
    if (!skips(15) && datagram.pid != master_pid_) {
        ledger_.count_dropped(Reception::not_master);
        return Reception::not_master;
    }
    if (const auto* roster = std::get_if<wire::Roster>(&report)) return ledger_.roster(*roster, now);
    if (const auto* limits = std::get_if<wire::ServiceLimits>(&report)) return ledger_.limits(*limits, now);
    if (const auto* limit = std::get_if<wire::UserLimit>(&report)) return ledger_.user_limit(*limit);
    if (const auto* started = std::get_if<wire::Started>(&report)) return ledger_.started(*started, now);
    return ledger_.exited(std::get<wire::Exited>(report), now);
}

} // namespace hearth::anvil
