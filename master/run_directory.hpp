// SPDX-License-Identifier: Apache-2.0
// base_dir: made, locked by exactly one master, and swept of what a dead one left.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <string>
#include <sys/types.h>

namespace hearth::master {

struct RunDirectory {
    std::string path; ///< as given; the process' working directory from now on
    UniqueFd lock;    ///< held as long as the master lives; no child inherits it
    std::size_t swept = 0; ///< sockets that a dead master left: its logins may still hold their ports for a moment
};

constexpr std::size_t socket_path_max = 107; ///< bytes of sockaddr_un::sun_path but for the end

/// Makes base_dir (0755) and base_dir/login (managed: root:`login_gid` 0710, private: 0700), locks base_dir/master.pid,
/// writes the own pid there, removes dead sockets and makes base_dir the working directory. The complaint names the pid
/// of a master that runs already.
Checked<RunDirectory> enter_run_directory(const std::string& path, bool managed, gid_t login_gid);

/// Nothing, or why the sockets of `longest` (relative to base_dir) can't lie in `base_dir`, with the arithmetic.
std::string path_complaint(std::string_view base_dir, std::string_view longest);

} // namespace hearth::master
