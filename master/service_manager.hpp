// SPDX-License-Identifier: Apache-2.0
// The systemd that may have started the master (sd_notify(3), sd_listen_fds(3)). Without one all of it does nothing.
#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace hearth::master::service_manager {

void say_ready(const std::string& status);
void say_reloading();
void say_stopping();
void say_alive();

/// How often say_alive() is expected, if at all (WatchdogSec=).
std::optional<std::chrono::microseconds> watchdog_interval();

/// Sockets of a .socket unit, from descriptor 3 on, now close-on-exec and ours. Call it once, before anything is opened.
std::vector<UniqueFd> take_sockets();

} // namespace hearth::master::service_manager
