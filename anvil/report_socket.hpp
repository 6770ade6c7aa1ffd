// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "ledger.hpp"
#include "security_log.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string_view>

namespace hearth::anvil {

/// The datagrams of workers and master: one queue, so that an exit is ordered after the dead worker's last word.
/// The kernel attests each sender's pid (SO_PASSCRED).
class ReportSocket {
public:
    /// `master_pid`: the only process whose Started, Exited, ServiceLimits and Roster count (check 15).
    ReportSocket(boost::asio::any_io_executor executor, UniqueFd socket, pid_t master_pid, Ledger& ledger);

    /// Returns when something is queued; an error when the socket is closed.
    boost::asio::awaitable<error_code> wait();
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

    boost::asio::posix::stream_descriptor socket_;
    pid_t master_pid_;
    Ledger& ledger_;
    SecurityLog security_log_;
    std::unique_ptr<char[]> buffer_;
};

} // namespace hearth::anvil
