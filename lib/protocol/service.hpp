// SPDX-License-Identifier: Apache-2.0
// What the master gives to every process it starts, and what they say to one another later (docs/protocol/service.md).
// Descriptors come as in systemd's socket activation (LISTEN_FDS, LISTEN_FDNAMES, sd_listen_fds(3)), messages to the
// master are sd_notify(3) datagrams: any program that speaks them can be a service.
#pragma once

#include <csignal>
#include <cstdint>
#include <string_view>

namespace hearth::protocol::service {

// Names of descriptors in LISTEN_FDNAMES; every other name is a listener's path relative to base_dir, or for
// inet_listeners its name. A name that holds ':' is not allowed.
constexpr std::string_view fd_settings = "settings"; ///< sealed memfd: config::Snapshot
constexpr std::string_view fd_life = "life";         ///< pipe: end of file means that the master is gone
constexpr std::string_view fd_key = "key";           ///< sealed memfd of 32 bytes: K, for auth and anvil only
constexpr std::string_view fd_go = "go"; ///< workers: pipe whose end of file says that the word of this pid is on its way to anvil
constexpr std::string_view fd_zygote = "zygote"; ///< a zygote's end of its link (protocol/zygote.hpp)
constexpr std::string_view fd_report = "anvil-report"; ///< anvil's datagram socket
// Anvil also gets "login/anvil", "anvil-admin" and "anvil-master"; auth "login/auth" and "auth-admin"; a worker service
// its shared listener "login/<service>"; a login service its TCP listeners by inet_listener name.

// Environment.
constexpr const char* env_service = "HEARTH_SERVICE";
constexpr const char* env_generation = "HEARTH_GENERATION";
constexpr const char* env_base_dir = "HEARTH_BASE_DIR";   ///< absolute; also the working directory at exec
constexpr const char* env_instance = "HEARTH_INSTANCE";   ///< "managed" (master is root) or "private"
constexpr const char* env_chroot = "HEARTH_CHROOT";       ///< absolute; absent: none
constexpr const char* env_uid = "HEARTH_UID";             ///< to become at start; absent: stay (workers drop later)
constexpr const char* env_gid = "HEARTH_GID";
constexpr const char* env_groups = "HEARTH_GROUPS";       ///< comma separated numbers
constexpr const char* env_auth_uid = "HEARTH_AUTH_UID";   ///< workers and login: who makes grants
constexpr const char* env_login_gid = "HEARTH_LOGIN_GID"; ///< workers: the group an open gate lets in
constexpr const char* env_gate = "HEARTH_PROCESS_LISTENER"; ///< workers: e.g. "login/imap-%{pid}", relative to base_dir
constexpr const char* env_epoch = "HEARTH_EPOCH";         ///< anvil: which incarnation it is
constexpr const char* env_master_pid = "HEARTH_MASTER_PID";
constexpr const char* env_start = "HEARTH_START";         ///< "zygote": be the process that workers are forked from
constexpr std::string_view start_as_zygote = "zygote";

// Notify datagrams, beside READY=1, STOPPING=1 and STATUS= of sd_notify(3).
constexpr std::string_view say_bound = "HEARTH_STATE=bound";     ///< once in a life: it belongs to a user now
constexpr std::string_view say_zygote = "HEARTH_STATE=zygote"; ///< with READY=1: it takes orders on its link
constexpr std::string_view key_hello = "HEARTH_HELLO=";        ///< a forked worker's first word: the order's number
constexpr std::string_view say_leaving = "HEARTH_STATE=leaving"; ///< it takes no more clients and ends
constexpr std::string_view say_staying = "HEARTH_ANSWER=staying"; ///< answer to leave: has a client. With HEARTH_SEQ
constexpr std::string_view key_sequence = "HEARTH_SEQ=";
constexpr std::string_view key_memory = "HEARTH_MEMORY=";        ///< KiB that would be free without this idle worker
constexpr std::string_view key_reason = "HEARTH_REASON=";        ///< with leaving: idle_kill, evicted, recycled, stale, ...

/// Master to worker: queued signals that carry a number (sigqueue); a pid that wasn't reaped can't be reused.
inline int signal_leave() { return SIGRTMIN + 0; } ///< leave if idle; number: sequence, echoed in the answer
inline int signal_roll() { return SIGRTMIN + 1; }  ///< report to anvil again
inline int signal_kick() { return SIGRTMIN + 2; }  ///< end one session; number: protocol::anvil::session_word
inline int signal_retire() { return SIGRTMIN + 3; } ///< old generation: leave now if idle, else after the sessions

} // namespace hearth::protocol::service
