// SPDX-License-Identifier: Apache-2.0
// The whole configuration as the master uses it: typed, complete, free of contradictions, and a value (copy it, keep
// the old one over a failed reload). Made by load() in config/load.hpp. Children get a Snapshot instead.
#pragma once

#include "config/block.hpp"
#include "config/origin.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hearth::config {

/// `unlimited` of counts and sizes, and `infinite` of times.
constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::chrono::milliseconds infinite = std::chrono::milliseconds::max();

/// What a process is to the master; decides what it may see and whether it is warm.
enum class ServiceKind {
    anvil,  ///< the one service of this name
    auth,   ///< the one service of this name
    login,  ///< `type = login`: carries clients until they are handed over
    worker, ///< has a per-process listener, or `type = worker`: becomes one user's process
    other,
};
std::string_view name(ServiceKind kind);

enum class WorkerStart { exec, fork };
enum class EvictOrder { longest_idle, least_expected };
enum class AnvilUnreachable { allow, refuse };

/// A stream or SEQPACKET socket that the master makes and the service's processes inherit.
struct UnixListener {
    std::string path;          ///< relative to base_dir, or absolute when it lies elsewhere
    std::uint32_t mode = 0600; ///< never 0: listeners that are off are left out
    std::string user, group;   ///< name, number or empty (the master's)
    Origin origin;
    bool operator==(const UnixListener&) const = default;
};

struct InetListener {
    std::string name;                   ///< the block's name, e.g. "imap"
    std::vector<std::string> addresses; ///< "*" is all of IPv4, "::" all of IPv6, else an address
    std::uint16_t port = 0;             ///< never 0: listeners that are off are left out
    bool ssl = false;                   ///< TLS from the first byte
    Origin origin;
    bool operator==(const InetListener&) const = default;
};

struct ServiceSettings {
    std::string name;     ///< unique, e.g. "imap-login"
    std::string protocol; ///< empty, or started only if `protocols` names it
    ServiceKind kind = ServiceKind::other;
    std::string executable;             ///< absolute, or relative to libexec_dir
    std::vector<std::string> arguments; ///< words after the executable
    std::string user, group;            ///< name or number; empty: the master's own (workers: dropped when bound)
    std::vector<std::string> extra_groups;
    std::string chroot; ///< relative to base_dir, absolute, or empty
    bool drop_priv_before_exec = false;
    std::uint32_t client_limit = 1;
    std::uint32_t process_limit = 1; ///< hard: live processes and starts in flight
    std::uint32_t process_min_avail = 0;
    std::uint32_t process_limit_reserve =
        0; ///< processes kept free by eviction; a percentage is resolved, rounded down
    std::uint64_t service_count = unlimited; ///< clients until a process ends
    std::chrono::milliseconds idle_kill{};   ///< or `infinite`
    std::uint64_t vsz_limit_bytes = unlimited;
    std::uint64_t idle_memory_limit_bytes = unlimited;
    WorkerStart worker_start = WorkerStart::fork;
    EvictOrder evict_order = EvictOrder::longest_idle;
    /// The per-process listener with its %{pid}, relative to base_dir, e.g. "login/imap-%{pid}"; empty: none.
    std::string process_listener;
    std::vector<UnixListener> unix_listeners;
    std::vector<InetListener> inet_listeners;
    Origin origin; ///< the first block that names it
    bool operator==(const ServiceSettings&) const = default;
};

/// A passdb or userdb, in the order they are asked.
struct AuthDatabase {
    std::string name;   ///< of the block, often empty
    std::string driver; ///< passwd-file, static; of a userdb also passwd, prefetch
    std::string args;   ///< may hold secrets: only auth sees it
    std::string default_fields, override_fields;
    std::string result_success, result_failure, result_internalfail; ///< Dovecot's words: return-ok, continue, ...
    std::string skip;                                                ///< never, authenticated, unauthenticated
    bool master = false, pass = false, deny = false;
    std::vector<std::string> mechanisms; ///< empty: all
    std::string username_filter;
    Origin origin, args_origin;
    bool operator==(const AuthDatabase&) const = default;
};

struct MailboxSettings {
    std::string name;                        ///< UTF-8, relative to the namespace's prefix
    std::string autocreate;                  ///< no, create, subscribe
    std::vector<std::string> special_use;    ///< e.g. "\\Sent"
    std::chrono::milliseconds autoexpunge{}; ///< 0: never
    bool operator==(const MailboxSettings&) const = default;
};

struct NamespaceSettings {
    std::string name;
    std::string prefix;
    std::string separator; ///< one byte, or empty: the store's
    bool inbox = false, hidden = false, subscriptions = true;
    std::string list;     ///< yes, no, children
    std::string location; ///< empty: mail_location
    std::vector<MailboxSettings> mailboxes;
    Origin origin;
    bool operator==(const NamespaceSettings&) const = default;
};

struct Settings {
    std::string base_dir;    ///< absolute, no slash at the end
    std::string libexec_dir; ///< absolute
    std::vector<std::string> protocols;
    std::vector<std::string> listen;

    std::string log_path, info_log_path,
        debug_log_path; ///< "stderr", "syslog", "/dev/stderr" or a file; info: empty = log_path
    std::string syslog_facility;
    std::string log_timestamp;
    bool shutdown_clients = true;

    std::string default_internal_user, default_internal_group, default_login_user;
    std::uint32_t first_valid_uid = 500, last_valid_uid = 0; ///< last 0: no upper bound
    std::uint32_t first_valid_gid = 1, last_valid_gid = 0;

    std::string mail_location, mail_home;
    std::string mail_uid, mail_gid;                 ///< name, number or empty
    std::uint64_t mail_max_userip_connections = 10; ///< or `unlimited` (0 in the file)

    bool disable_plaintext_auth = true; ///< loopback and login_trusted_networks are exempt
    std::vector<std::string> auth_mechanisms;
    std::vector<std::string> login_trusted_networks;
    std::string login_greeting;
    std::string ssl; ///< "no" until TLS is built
    AnvilUnreachable anvil_unreachable = AnvilUnreachable::allow;
    std::chrono::milliseconds login_handover_timeout{}, login_auth_timeout{};

    std::vector<ServiceSettings> services; ///< anvil, auth, then the others; only those that are to be started
    std::vector<AuthDatabase> passdbs, userdbs;
    std::vector<NamespaceSettings> namespaces; ///< at least one; exactly one has inbox

    /// Every setting with its effective value and origin, canonically written: what dump, JSON and snapshots are made
    /// of. Settings that have no member above are found here (find()).
    Block effective;

    bool operator==(const Settings&) const = default;
    /// The service of this name, or null.
    [[nodiscard]] const ServiceSettings* service(std::string_view name) const;
    /// The effective value of a global setting, in canonical text; empty when there is no such setting.
    [[nodiscard]] std::string_view text(std::string_view key) const;
};

} // namespace hearth::config
