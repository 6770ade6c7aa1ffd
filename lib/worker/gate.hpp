// SPDX-License-Identifier: Apache-2.0
// The gate: a worker's own listener, base_dir/login/<service>-<pid>, declared as unix_listener imap-%{pid}. Who may
// connect is the mode of its node: open for login, or shut. A hint that saves a round trip, not a lock: what was queued
// before still comes, so a busy worker also answers BUSY.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <string>
#include <sys/types.h>

namespace hearth::worker {

class Gate {
public:
    /// fchmodat2 is Linux 6.6; the other way is for older kernels, and found by itself.
    enum class Way { fchmodat2, proc };

    /// Makes the listener at `path` (relative names keep it below the 107 bytes of a socket's name), shut from its
    /// first moment. `open_mode` is 0020 where login is a group of its own, 0200 where all is one user's. Throws
    /// std::system_error. What stood at the path is removed: the name carries our own pid.
    Gate(const std::string& path, mode_t open_mode, Way way = Way::fchmodat2);

    /// Gives the node to the user that the process is about to become, with login's group. Needs CAP_CHOWN.
    Result<void> give_to(uid_t uid, gid_t gid);
    /// Makes who connects see the pid and uid that this process has now (SO_PEERCRED is as of the last listen()).
    Result<void> listen_again();

    Result<void> open();
    Result<void> shut();
    [[nodiscard]] bool is_open() const { return is_open_; }

    /// Nobody can connect from now on, root neither, and for good; what is queued can still be accepted until EAGAIN.
    /// (Shutting and draining instead is not enough: a connect that had passed the check may be queued later.)
    void refuse_for_good();

    [[nodiscard]] int listener() const { return listener_.get(); }
    [[nodiscard]] mode_t open_mode() const { return open_mode_; }

    /// Offers that may wait. Small: a stopped worker's backlog pins clients and descriptors of login.
    static constexpr int backlog = 16;

private:
    Result<void> set_mode(mode_t mode);

    UniqueFd listener_;
    UniqueFd node_; // O_PATH: the node itself, wherever its name goes; fchmod of the socket would change nothing
    mode_t open_mode_;
    Way way_;
    bool is_open_ = false;
};

/// `pattern` with %{pid} replaced.
std::string gate_path(std::string pattern, pid_t pid);

} // namespace hearth::worker
