// SPDX-License-Identifier: Apache-2.0
// The first minute of every process the master starts: take what it was given (protocol/service.hpp), give up what it
// may not keep, say READY.
#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace hearth::process {

/// Everything a process was started with. Made once, by main().
class Start {
public:
    /// Reads environment and descriptors, sets close-on-exec on all of them, closes what it was not given, ignores
    /// SIGPIPE, sets dumpable off and umask 077, and connects to the master's notify socket. Throws
    /// std::runtime_error with a sentence when the process wasn't started by a master.
    static Start take();

    std::string service;
    std::uint32_t generation = 0;
    std::string base_dir;               ///< absolute
    bool managed = false;               ///< the master is root: processes have users of their own
    std::string chroot;                 ///< where give_up_privileges() goes, or empty
    std::optional<uid_t> uid;           ///< what give_up_privileges() becomes
    std::optional<gid_t> gid;
    std::vector<gid_t> groups;
    std::optional<uid_t> auth_uid;      ///< who makes grants
    std::optional<gid_t> login_gid;     ///< whom an open gate lets in
    std::string gate;                   ///< "login/imap-%{pid}" or empty
    std::uint64_t epoch = 0;
    pid_t master_pid = 0;

    /// It is to prepare itself and to be forked, not to serve (process/zygote.hpp).
    [[nodiscard]] bool is_zygote() const { return zygote_; }

    /// The descriptor of this name, given away; throws when it isn't there.
    UniqueFd descriptor(std::string_view name);
    [[nodiscard]] bool has_descriptor(std::string_view name) const;
    /// All descriptors that are left and are listening sockets, by name.
    std::map<std::string, UniqueFd> listeners();

    /// chroot (if asked for), groups, gid, uid for good; capabilities empty, no_new_privs, dumpable off again. Proves
    /// that there is no way back, and throws otherwise. In a private instance: no_new_privs and dumpable only.
    /// Call it after everything that needs the file system was opened.
    void give_up_privileges() const;

    /// Tells the master READY=1 (sd_notify(3)) and `more` lines with it. Waits for room in its queue of datagrams, which
    /// holds 10 if the kernel's default does; throws std::runtime_error when there is none for a long time.
    void say_ready(std::string_view more = {}) const;
    [[nodiscard]] int notify_descriptor() const { return notify_.get(); }

    // ---- For fork_workers().

    /// Closes the connection to the master: a zygote says nothing after READY.
    void forget_master() { notify_.reset(); }
    /// In a worker that was just forked: takes `fds`, named by `names` (joined by ':'), besides what the zygote had; a
    /// session and a connection to the master of its own; says HELLO. Throws std::runtime_error.
    void become_worker(std::uint64_t order, std::string_view names, std::span<const int> fds);

private:
    void connect_master();
    bool notify(std::string_view message, std::chrono::milliseconds limit) const;

    std::map<std::string, UniqueFd> descriptors_;
    UniqueFd notify_;
    std::string notify_path_;
    bool zygote_ = false;
};

/// Waits until the other end of the pipe is closed: of `go`, with which the master says that anvil knows of this worker,
/// or is gone itself. Before that a report would be a stranger's, and dropped.
void wait_for_end(UniqueFd pipe);

/// What give_up_privileges() does, for a process that learns later whom it becomes (a worker, from its grant). `uid` 0 is
/// refused. Throws std::system_error; the process must end then.
void become(uid_t uid, gid_t gid, const std::vector<gid_t>& groups);

/// Reads a small memfd or file whole (at most `limit` bytes). Throws on failure.
std::string read_all(int fd, std::size_t limit);

} // namespace hearth::process
