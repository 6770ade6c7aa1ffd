// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/anvil.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace hearth::anvil {

/// What became of a report.
enum class Reception : std::uint8_t {
    applied,
    malformed,        ///< not a report at all
    not_restored,     ///< before the roster of this epoch: void
    unknown_pid,      ///< the master never said that this process started, or has said that it exited
    no_user,          ///< names no user
    old_sequence,     ///< overtaken by a later one
    wrong_service,    ///< a security event: not the service that the master started
    wrong_tag,        ///< a security event: names an identity that auth never granted to it (check 12)
    identity_changed, ///< a security event: a pid's identity is written once (check 13)
    not_master,       ///< a security event: the master's words from another process (check 15)
};
constexpr std::size_t reception_count = 10;
std::string_view name(Reception reception);
/// Worth a line in the log: an honest process never does this.
bool is_security_event(Reception reception);

/// What has happened since anvil started; for the administrator's `stats`.
struct Counters {
    std::uint64_t lookups = 0;
    std::uint64_t warm = 0;              ///< answered with an idle worker, or one with room, first
    std::uint64_t busy = 0;              ///< answered with full workers only, whose report may be late
    std::array<std::uint64_t, protocol::anvil::cold_count> cold{}; ///< slots given, by Cold
    std::uint64_t waited = 0;            ///< times a lookup went into the queue
    std::uint64_t refused_user = 0;      ///< mail_max_userip_connections
    std::uint64_t refused_queue = 0;     ///< queue full, or waited too long
    std::uint64_t refused_odd = 0;       ///< unknown service, unknown lookup, a session id of somebody else
    std::uint64_t leases_expired = 0;
    std::uint64_t silent = 0;                             ///< workers that a login called silent
    std::uint64_t foreign_sessions = 0;                   ///< a worker listed another user's session: left out
    std::array<std::uint64_t, reception_count> reports{}; ///< by Reception
};

} // namespace hearth::anvil
