// SPDX-License-Identifier: Apache-2.0
#include "worker_state.hpp"

#include <algorithm>
#include <array>

namespace hearth::master {
namespace {

struct Move {
    WorkerState from;
    WorkerEvent event;
    WorkerState to;
};

constexpr std::array moves = {
    Move{WorkerState::starting, WorkerEvent::ready, WorkerState::unbound},
    // READY is a datagram and may be lost in a full queue; what follows says as much.
    Move{WorkerState::starting, WorkerEvent::bound, WorkerState::bound},
    Move{WorkerState::starting, WorkerEvent::leaving, WorkerState::leaving},
    Move{WorkerState::starting, WorkerEvent::exited, WorkerState::gone},
    Move{WorkerState::unbound, WorkerEvent::bound, WorkerState::bound},
    Move{WorkerState::unbound, WorkerEvent::leaving, WorkerState::leaving},
    Move{WorkerState::unbound, WorkerEvent::exited, WorkerState::gone},
    Move{WorkerState::bound, WorkerEvent::leaving, WorkerState::leaving},
    Move{WorkerState::bound, WorkerEvent::exited, WorkerState::gone},
    // Said by itself (idle_kill) and again as the answer to a request that crossed it.
    Move{WorkerState::leaving, WorkerEvent::leaving, WorkerState::leaving},
    Move{WorkerState::leaving, WorkerEvent::exited, WorkerState::gone},
};

} // namespace

std::optional<WorkerState> next_state(WorkerState state, WorkerEvent event) {
    const auto found =
        std::ranges::find_if(moves, [&](const Move& move) { return move.from == state && move.event == event; });
    if (found == moves.end()) return std::nullopt;
    return found->to;
}

std::string_view name(WorkerState state) {
    constexpr std::array<std::string_view, worker_states> names = {"starting", "unbound", "bound", "leaving", "gone"};
    return names.at(static_cast<std::size_t>(state));
}

std::string_view name(WorkerEvent event) {
    constexpr std::array<std::string_view, 4> names = {"ready", "bound", "leaving", "exited"};
    return names.at(static_cast<std::size_t>(event));
}

} // namespace hearth::master
