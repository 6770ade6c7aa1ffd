// SPDX-License-Identifier: Apache-2.0
// Anvil's three conversations (docs/protocol/anvil.md): reports (datagrams from workers and master, whose sender the
// kernel attests), lookups (a framed stream per login process) and the master's link (a framed stream).
#pragma once

#include "protocol/grant.hpp"
#include "protocol/wire.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hearth::protocol::anvil {

// ---- Reports: datagrams ------------------------------------------------------------------------------------------

struct ActiveSession {
    SessionId id;
    std::string remote_ip;
    bool operator==(const ActiveSession&) const = default;
};

/// A worker's whole truth about itself. Applying one twice, or an old one late, does no harm.
struct WorkerReport {
    std::uint64_t sequence = 0;      ///< grows with each report of this process; lower ones are ignored
    std::uint32_t generation = 0;
    std::string service;
    std::string user;
    IdentityHash identity{};
    Tag tag{};                       ///< from the grant; a report without the right one is dropped
    bool accepts = false;            ///< the gate is open: it takes another client
    bool leaving = false;
    std::uint32_t served = 0;        ///< sessions so far, the active ones included
    std::uint32_t client_limit = 1;
    std::uint32_t memory_kib = 0;    ///< private memory of the settled idle worker; 0: not measured
    std::vector<ActiveSession> sessions;
    std::vector<SessionId> ended;    ///< ended lately, newest last; repeated in several reports
};

/// First word of the master to a new anvil: all live processes of worker services. `part` of `parts`; what anvil
/// received before the first part of its own epoch is void.
struct Roster {
    std::uint64_t epoch = 0;
    std::uint16_t part = 0, parts = 1;
    struct Process {
        std::uint32_t pid = 0;
        std::string service;
    };
    std::vector<Process> processes;
};
/// Which idle workers Evictable names first.
enum class EvictOrder : std::uint8_t { longest_idle = 1, least_expected };
struct ServiceLimits {
    std::string service;
    std::uint32_t process_limit = 0, client_limit = 1, generation = 0;
    std::uint64_t idle_memory_limit = 0; ///< bytes that idle workers may hold together; 0: no limit
    EvictOrder evict_order = EvictOrder::longest_idle;
};
/// mail_max_userip_connections, after the roster and with each reload. 0: no limit.
struct UserLimit {
    std::uint32_t userip_limit = 0;
};
struct Started {
    std::uint32_t pid = 0;
    std::string service;
};
/// Why a worker process ended, as the master knows it.
enum class ExitReason : std::uint8_t {
    other,      ///< none of these, or not known
    idle_kill,  ///< nobody came for idle_kill
    eviction,   ///< asked to make room under process_limit
    memory,     ///< asked to go because of idle_memory_limit
    generation, ///< of an old configuration
    recycling,  ///< service_count or its own limits, or a changed identity: the next one is to be a new process
    crash,      ///< a signal, or an exit status that isn't 0
    kick,       ///< an administrator ended its session, and it with it
    shutdown,   ///< the instance ends
};
constexpr std::size_t exit_reason_count = 9;
std::string_view name(ExitReason reason);

/// The process is dead (a zombie still, so its pid isn't reused) and its listener unlinked.
struct Exited {
    std::uint32_t pid = 0;
    ExitReason reason = ExitReason::other;
};

using Report = std::variant<WorkerReport, Roster, ServiceLimits, UserLimit, Started, Exited>;
std::string encode(const Report& report);
std::optional<Report> decode_report(std::string_view datagram);

// ---- Lookups: login to anvil and back ----------------------------------------------------------------------------

/// Where may this session go? Leases the session (per user and ip) until the worker reports it, the login cancels, its
/// stream ends or `lease_time` is over.
struct Lookup {
    std::uint32_t id = 0;            ///< chosen by login, unique among its open lookups
    std::string service, user, remote_ip;
    IdentityHash identity{};
    SessionId session;
};
/// All candidates of the answer declined; a slot for a new worker, please.
struct NoneTook {
    std::uint32_t id = 0;
};
/// The login gave up or the client left: lease, slot and place in the queue are void.
struct Cancel {
    std::uint32_t id = 0;
};
/// This worker doesn't answer: no candidate again until it reports.
struct Silent {
    std::uint32_t pid = 0;
};
using LoginMessage = std::variant<Lookup, NoneTook, Cancel, Silent>;
std::string encode(const LoginMessage& message);
std::optional<LoginMessage> decode_login_message(std::string_view frame);

enum class Verdict : std::uint8_t {
    candidates = 1, ///< try these in order; then NoneTook
    cold,           ///< a slot is leased: go to the shared listener
    wait,           ///< at the limit: another Route with this id follows
    refused_user,   ///< mail_max_userip_connections
    refused_queue,  ///< the queue at the process limit is full, or the place in it timed out
};
/// Why no warm worker was there. From `idle_kill` on: the user had one, and it ended for that reason.
enum class Cold : std::uint8_t {
    first = 1,      ///< no worker of this user is remembered
    none_idle,      ///< all of the user's workers are busy
    other_identity, ///< those that are there are bound to another identity of the user
    generation,     ///< those that were or are there are of an old configuration
    restarting,     ///< anvil was starting, or down
    raced,          ///< workers were named, and all declined
    idle_kill,
    evicted,
    memory,         ///< evicted because of idle_memory_limit
    recycled,
    crash,
    kicked,
    ended,          ///< for a reason that isn't known
};
constexpr std::size_t cold_count = 14; ///< for tables indexed by Cold; 0 is none
struct Route {
    std::uint32_t id = 0;
    Verdict verdict{};
    Cold why = Cold::first;          ///< with cold and wait: why no worker was there
    std::uint32_t limit = 0;         ///< with refused_*: its value
    std::vector<std::uint32_t> pids; ///< idle ones first, most recently used first; then at most 4 busy ones
};
std::string encode(const Route& route);
std::optional<Route> decode_route(std::string_view frame);
std::string_view name(Cold why);

constexpr auto lease_time = std::chrono::seconds(15); ///< longer than login_handover_timeout

// ---- The master's link -------------------------------------------------------------------------------------------

struct Evictable {
    std::uint32_t id = 0;
    std::string service;
    std::uint32_t count = 0;
};
using MasterMessage = std::variant<Evictable>;
std::string encode(const MasterMessage& message);
std::optional<MasterMessage> decode_master_message(std::string_view frame);

/// Answer to Evictable: idle workers, longest idle first.
struct Evictees {
    std::uint32_t id = 0;
    std::vector<std::uint32_t> pids;
};
/// Pushed when it changes: slots leased to newcomers that have no worker yet, sessions that wait for a slot, and idle
/// workers that should go (Evictable names them) because idle_memory_limit is exceeded.
struct Demand {
    std::string service;
    std::uint32_t cold = 0, waiting = 0, excess = 0;
};
/// An administrator ends a session: the master signals the worker.
struct Kick {
    std::uint32_t pid = 0;
    std::uint32_t session_word = 0;  ///< first four bytes of the session id, in network order
};
using MasterPush = std::variant<Evictees, Demand, Kick>;
std::string encode(const MasterPush& message);
std::optional<MasterPush> decode_master_push(std::string_view frame);

std::uint32_t session_word(const SessionId& id);

} // namespace hearth::protocol::anvil
