// SPDX-License-Identifier: Apache-2.0
// The sockets that services inherit. They are made once and kept over reloads, so nothing that queues there is lost.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "plan.hpp"

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace hearth::master {

class Listeners {
public:
    static constexpr int backlog = 4096;             ///< the kernel caps it at net.core.somaxconn
    static constexpr int shared_backlog = 4096;      ///< of a worker service: anvil bounds what waits there

    /// Opens what `services` need and isn't open yet, and only then closes what they don't need any more: after an
    /// error everything is as before. `patience`: how long to wait for a TCP port that is in use (the logins of a dead
    /// master close theirs on the life pipe's end of file). `renewed`: services whose stream listeners are made anew
    /// in place of the old ones, so that old processes get no new connections (auth, on a reload).
    Checked<void> adjust(std::span<const ServicePlan> services, std::chrono::milliseconds patience,
        std::string_view renewed = {});

    /// (name, descriptor) of all sockets of the service, as they go into LISTEN_FDNAMES.
    [[nodiscard]] std::vector<std::pair<std::string, int>> of(const ServicePlan& service) const;
    /// The socket of this path, or -1.
    [[nodiscard]] int unix_socket(std::string_view path) const;

    /// TCP listeners that systemd passed (sd_listen_fds); used instead of own ones where address and port agree.
    void adopt(std::vector<UniqueFd> sockets);

    /// Unlinks all unix sockets, when the master ends in good order.
    void unlink_all();

private:
    struct Unix {
        UnixSocketPlan plan;
        UniqueFd fd;
    };
    struct Inet {
        InetSocketPlan plan;
        UniqueFd fd;
    };
    Checked<UniqueFd> open_inet(const InetSocketPlan& plan, std::chrono::milliseconds patience);

    std::map<std::string, Unix, std::less<>> unix_;        // by path
    std::map<std::pair<std::string, std::uint16_t>, Inet> inet_; // by address and port
    std::vector<UniqueFd> adopted_;
};

/// Raises net.unix.max_dgram_qlen to `wanted` where it is lower and may be raised; returns what it is then. Sockets take
/// the value when they are made.
std::size_t raise_datagram_queue(std::size_t wanted);
constexpr std::size_t datagram_queue_wanted = 512;

} // namespace hearth::master
