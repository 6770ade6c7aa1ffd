// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.hpp"

#include <string>
#include <string_view>

namespace hearth::admin {

/// Exit codes, of sysexits.h where it has one.
constexpr int exit_ok = 0, exit_failed = 1, exit_usage = 64, exit_unavailable = 69, exit_config = 78;

/// What every subcommand was told.
struct Common {
    std::string config = "/etc/hearth/hearth.conf";
    bool json = false;
};

/// The configuration, or an exit: prints all its errors as `check` would.
config::Settings load_or_exit(const Common& common);

/// The absolute path of one of the instance's control sockets: "master", "anvil-admin", "auth-admin".
std::string control_socket(const config::Settings& settings, std::string_view name);

/// The directory of this program (to find ../libexec/hearth from build/bin and /usr/bin alike).
std::string program_directory();

} // namespace hearth::admin
