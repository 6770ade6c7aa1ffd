// SPDX-License-Identifier: Apache-2.0
// The life of one process as the master sees it. Busy and idle are not among these states: they are anvil's facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hearth::master {

enum class WorkerState : std::uint8_t {
    starting, ///< forked, hasn't said READY
    unbound,  ///< serves: a worker without a user yet, or a process of another kind at its work
    bound,    ///< a worker that belongs to one user; no capacity for the shared listener
    leaving,  ///< takes no more clients and will exit
    gone,     ///< dead
};
constexpr std::size_t worker_states = 5;

enum class WorkerEvent : std::uint8_t { ready, bound, leaving, exited };

/// Where `event` leads from `state`; nothing when the transition table has no such move: the caller counts and logs it
/// and the state stays, because what a child says must never stop the master.
std::optional<WorkerState> next_state(WorkerState state, WorkerEvent event);

std::string_view name(WorkerState state);
std::string_view name(WorkerEvent event);

} // namespace hearth::master
