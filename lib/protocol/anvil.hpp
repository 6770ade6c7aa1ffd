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
struct ServiceLimits {
    std::string service;
    std::uint32_t process_limit = 0, client_limit = 1, generation = 0;
};
/// mail_max_userip_connections, after the roster and with each reload. 0: no limit.
struct UserLimit {
    std::uint32_t userip_limit = 0;
};
struct Started {
    std::uint32_t pid = 0;
    std::string service;
};
/// The process is dead (a zombie still, so its pid isn't reused) and its listener unlinked.
struct Exited {
    std::uint32_t pid = 0;
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
enum class Cold : std::uint8_t { first = 1, none_idle, other_identity, generation, restarting };
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
/// Pushed when it changes: slots leased to newcomers that have no worker yet, and sessions that wait for a slot.
struct Demand {
    std::string service;
    std::uint32_t cold = 0, waiting = 0;
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
