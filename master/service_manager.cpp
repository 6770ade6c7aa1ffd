// SPDX-License-Identifier: Apache-2.0
#include "service_manager.hpp"
#include "base/clock.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace hearth::master::service_manager {

void say_ready(const std::string& status) {
    ::sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str());
}

void say_reloading() {
    // systemd tells this reload from an earlier one by the time.
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
    ::sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=Reloading", now.count()).c_str());
}

void say_stopping() {
    ::sd_notify(0, "STOPPING=1\nSTATUS=Stopping");
}

void say_alive() {
    ::sd_notify(0, "WATCHDOG=1");
}

std::optional<std::chrono::microseconds> watchdog_interval() {
    std::uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
    return std::chrono::microseconds(microseconds);
}

std::vector<UniqueFd> take_sockets() {
    std::vector<UniqueFd> sockets;
    const int count = ::sd_listen_fds(1);
    for (int i = 0; i < count; ++i) sockets.emplace_back(SD_LISTEN_FDS_START + i);
    return sockets;
}

} // namespace hearth::master::service_manager
