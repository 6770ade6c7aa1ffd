// SPDX-License-Identifier: Apache-2.0
// A worker's life as decisions, without a socket: unbound (anybody's, waits on the shared listener), bound (one user's
// for good), leaving (takes nobody any more; sessions it has are served to their end). Events come in with the time,
// answers go out; the shell around it (worker.hpp) does what they say.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace hearth::worker {

enum class Stage : std::uint8_t { unbound, bound, leaving };

/// Why a worker takes no more clients; the words are those of HEARTH_REASON.
enum class LeaveReason : std::uint8_t {
    idle_kill,  ///< nobody came for so long
    evicted,    ///< the master needs the room, and it was idle
    recycled,   ///< service_count sessions served
    kicked,     ///< an administrator ended its only session: whatever was wrong, the next one finds a new process
    generation, ///< a newer configuration is in force
    stale,      ///< its user's identity has changed
    shutdown,   ///< SIGTERM, or the master is gone
    wrong_user, ///< was offered another user's client: somebody upstream is wrong
    fault,      ///< a step that can't be repeated failed (the drop of privileges, the gate)
};
std::string_view name(LeaveReason reason);

/// Where an offer came from.
enum class Origin : std::uint8_t { shared, gate };

/// What an offer is answered before its grant is touched.
enum class FirstAnswer : std::uint8_t { read_grant, busy, leaving, old_generation };

struct LifeLimits {
    std::uint32_t client_limit = 1;                                          ///< sessions at a time
    std::uint64_t service_count = std::numeric_limits<std::uint64_t>::max(); ///< sessions in a life
    std::optional<std::chrono::milliseconds> idle_kill = std::nullopt;       ///< none: never
    std::uint32_t generation = 0; ///< of the configuration it was started with
};

class Life {
public:
    explicit Life(LifeLimits limits);

    // ---- Events ----
    /// It is a user's now. Only once, and only from unbound.
    void bound(Time now);
    /// A session was begun; first_answer() had said read_grant.
    void taken(Time now);
    void ended(Time now);
    /// The master asks for the room. True: it leaves (or did already); false: it has sessions and stays.
    bool asked_to_leave();
    /// Takes no more clients from now on. The first reason stays.
    void leave(LeaveReason reason);
    /// Time has passed: leaves when it has been idle for idle_kill.
    void passed(Time now);

    // ---- Answers ----
    /// `generation` is the offer's copy of the grant's: only a worker that is older than the grant refuses.
    [[nodiscard]] FirstAnswer first_answer(Origin origin, std::uint32_t generation) const;
    /// Should its gate be open?
    [[nodiscard]] bool is_open() const;
    /// Asked when a session is about to end: may it publish that it is free before the last bytes are written?
    [[nodiscard]] bool frees_first() const { return stage_ == Stage::bound; }
    /// Leaving, and nobody is left.
    [[nodiscard]] bool is_over() const { return stage_ == Stage::leaving && sessions_ == 0; }
    [[nodiscard]] bool is_idle() const { return stage_ == Stage::bound && sessions_ == 0; }
    /// When it leaves if nobody comes.
    [[nodiscard]] std::optional<Time> idle_deadline() const;

    [[nodiscard]] Stage stage() const { return stage_; }
    [[nodiscard]] std::optional<LeaveReason> reason() const { return reason_; }
    [[nodiscard]] std::uint32_t sessions() const { return sessions_; }
    [[nodiscard]] std::uint64_t served() const { return served_; }
    [[nodiscard]] Time idle_since() const { return idle_since_; }
    [[nodiscard]] const LifeLimits& limits() const { return limits_; }

    void verify_invariants() const;

private:
    LifeLimits limits_;
    Stage stage_ = Stage::unbound;
    std::optional<LeaveReason> reason_;
    std::uint32_t sessions_ = 0; ///< now
    std::uint64_t served_ = 0;   ///< in all, the present ones included
    bool was_bound_ = false;
    Time idle_since_{}; ///< when the last session ended, or it was bound
};

} // namespace hearth::worker
