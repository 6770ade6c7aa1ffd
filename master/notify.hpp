// SPDX-License-Identifier: Apache-2.0
// What processes say to the master: sd_notify(3) datagrams whose sender the kernel attests.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace hearth::master {

/// One datagram, understood. Unknown lines are ignored, as sd_notify(3) wants it.
struct Notice {
    bool ready = false, bound = false, leaving = false, staying = false;
    bool zygote = false;        ///< it takes orders to fork
    std::uint64_t hello = 0;    ///< the order that a forked worker comes from; 0: none
    std::uint32_t sequence = 0; ///< 0: none
    std::uint32_t memory_kib = 0; ///< of an idle worker; 0: it didn't say
    std::string reason = {};    ///< printable
    bool operator==(const Notice&) const = default;
};
constexpr std::size_t notice_bytes_max = 4096;
Notice parse_notice(std::string_view datagram);

/// The socket base_dir/notify. Must outlive the io_context's run().
class NotifySocket {
public:
    static constexpr int datagrams_per_turn = 64;
    static constexpr int drained_max = 8192; ///< the kernel's queue is shorter: all that waited is read
    using Handler = std::function<void(pid_t sender, const Notice&)>;

    NotifySocket(boost::asio::any_io_executor executor, Handler handler);
    /// Mode 0600: children connect while they still are the master's user. 0666 where a service drops its privileges
    /// before exec; strangers' words are ignored by their pid then.
    Result<void> open(const std::string& path, mode_t mode);
    /// Handles what waits now, without waiting: a last word counts before the death behind it.
    void drain();

private:
    boost::asio::awaitable<void> receive();
    bool receive_one();

    boost::asio::any_io_executor executor_;
    Handler handler_;
    boost::asio::posix::stream_descriptor socket_;
};

} // namespace hearth::master
