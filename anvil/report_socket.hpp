// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "ledger.hpp"
#include "net/paced_wait.hpp"
#include "security_log.hpp"

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string_view>

namespace hearth::anvil {

/// The datagrams of workers and master: one queue, so that an exit is ordered after the dead worker's last word.
/// The kernel attests each sender's pid (SO_PASSCRED).
class ReportSocket {
public:
    /// `master_pid`: the only process whose Started, Exited, ServiceLimits, UserLimit and Roster count (check 15).
    ReportSocket(boost::asio::any_io_executor executor, UniqueFd socket, pid_t master_pid, Ledger& ledger);

    /// Returns when something may be queued; an error when the socket is closed. `found`: the last look found something.
    boost::asio::awaitable<error_code> wait(bool found) { return wait_.wait(found); }
    /// Hands at most `limit` datagrams to the ledger; returns how many there were. Never waits.
    std::size_t drain(std::size_t limit, Time now);
    void close();

    /// The kernel's queue is shorter (net.unix.max_dgram_qlen), so after this many everything that had been sent before
    /// the call has been read, however fast others send.
    static constexpr std::size_t everything = 8192;
    /// Between two looks at other sockets.
    static constexpr std::size_t per_turn = 64;

private:
    struct Datagram {
        std::string_view bytes;
        pid_t pid = 0;
        uid_t uid = 0;
        bool whole = false; ///< not cut off, nothing but credentials with it
    };
    Result<Datagram> receive();
    void apply(const Datagram& datagram, Time now);
    Reception apply(const wire::Report& report, const Datagram& datagram, Time now);

    /// Under load reports wait for the next lookup, which reads them first, or for this long. Half of what a worker's last
    /// bytes wait for room in the queue (worker::Reports::room_wait).
    static constexpr auto pace = std::chrono::milliseconds(1);

    UniqueFd socket_;
    net::PacedWait wait_;
    pid_t master_pid_;
    Ledger& ledger_;
    SecurityLog security_log_;
    std::unique_ptr<char[]> buffer_;
};

} // namespace hearth::anvil
