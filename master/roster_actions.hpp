// SPDX-License-Identifier: Apache-2.0
// What the roster wants done. The shell (supervisor.hpp) does it, in order, and tells the roster what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <variant>

namespace hearth::master {

/// Start one process of the service; answered by Roster::started(), spawn_failed() or spawn_lost(), at once or, where
/// a zygote does it, later.
struct Spawn {
    std::string service;
};
/// Ask a bound worker to leave if it is idle; it echoes the sequence number.
struct SignalLeave {
    pid_t pid = 0;
    std::uint32_t sequence = 0;
};
/// Tell a process of an old generation to take nothing new and to leave when it serves nobody any more.
struct SignalRetire {
    pid_t pid = 0;
};
/// SIGTERM.
struct Terminate {
    pid_t pid = 0;
};
/// SIGKILL.
struct Kill {
    pid_t pid = 0;
    std::string why; ///< for the log; empty: a Remark tells of many
};
/// Ask anvil which workers of the service are idle longest; answered by Roster::evictees().
struct AskEvictable {
    std::uint32_t id = 0;
    std::string service;
    std::uint32_t count = 0;
};
/// Watch the shared listener of the service: Roster::listener_ready() when an offer waits there. Or stop watching.
struct PollListener {
    std::string service;
    bool on = false;
};
/// Everything that has to run in this generation runs.
struct Settled {
    std::uint32_t generation = 0;
};
/// stop() is complete: nothing that was to end is alive.
struct Stopped {};
/// A decision worth a log line.
struct Remark {
    bool warning = false;
    std::string text;
};

using Action = std::variant<Spawn, SignalLeave, SignalRetire, Terminate, Kill, AskEvictable, PollListener, Settled,
    Stopped, Remark>;

} // namespace hearth::master
