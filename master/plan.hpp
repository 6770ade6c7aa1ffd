// SPDX-License-Identifier: Apache-2.0
// What the master makes of the settings: names resolved to numbers, programs opened, sockets listed. This and main() are
// the only places that know the configuration library; everything else of the master works on a Plan.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "config/settings.hpp"
#include "net/unix_socket.hpp"
#include "roster.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hearth::master {

struct UnixSocketPlan {
    std::string path; ///< relative to base_dir (which is the master's working directory), or absolute; also its name
    net::SocketType type{};
    mode_t mode = 0600;
    uid_t uid = 0;
    gid_t gid = 0;
    bool operator==(const UnixSocketPlan&) const = default;
};

struct InetSocketPlan {
    std::string name;    ///< "imap"; further addresses of the same listener "imap#2", "imap#3"
    std::string address; ///< "*", "::" or a numeric address
    std::uint16_t port = 0;
    bool operator==(const InetSocketPlan&) const = default;
};

/// An executable, opened before anything is given up.
struct Program {
    UniqueFd fd; ///< O_PATH
    std::string path;
};

struct ServicePlan {
    std::string name;
    config::ServiceKind kind{};
    std::shared_ptr<const Program> program;
    std::vector<std::string> arguments; ///< words after the program
    std::optional<uid_t> uid;           ///< whom its processes become; absent: nobody else
    std::optional<gid_t> gid;
    std::vector<gid_t> groups;
    std::string chroot; ///< absolute, or empty
    bool drop_before_exec = false;
    std::optional<std::uint64_t> capabilities; ///< bounding set; absent: not touched (private instance)
    std::uint32_t client_limit = 1;
    std::uint64_t address_space_bytes = config::unlimited;
    std::uint64_t idle_memory_limit = 0; ///< bytes; 0: none
    protocol::anvil::EvictOrder evict_order = protocol::anvil::EvictOrder::longest_idle;
    bool forks = false; ///< its workers are forked from a zygote
    ServiceRule rule;
    std::string process_listener; ///< "login/imap-%{pid}" or empty
    std::vector<UnixSocketPlan> unix_sockets;
    std::vector<InetSocketPlan> inet_sockets;
    std::string settings; ///< text of its config::Snapshot
};

struct LogPlan {
    std::string path, info_path, debug_path, facility, timestamp;
};

struct Plan {
    std::string base_dir;
    bool managed = false;
    bool end_sessions = true; ///< shutdown_clients
    bool debug = false;       ///< mail_debug
    std::uint32_t userip_limit = 0; ///< mail_max_userip_connections; 0: none
    uid_t login_uid = 0;      ///< of the first login service; the master's own in a private instance
    gid_t login_gid = 0;
    uid_t auth_uid = 0;
    LogPlan log;
    std::vector<ServicePlan> services; ///< anvil, auth, then the others
    std::vector<std::string> notes;    ///< what is done otherwise than written

    [[nodiscard]] const ServicePlan* service(std::string_view name) const;
};

/// Which identity the master itself has.
struct Self {
    uid_t uid = 0;
    gid_t gid = 0;
    [[nodiscard]] bool managed() const { return uid == 0; }
    static Self now();
};

/// Resolves all of `settings`, or says in one text everything that is missing (users with the commands that make them).
Checked<Plan> make_plan(const config::Settings& settings, const Self& self);

} // namespace hearth::master
