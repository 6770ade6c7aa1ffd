// SPDX-License-Identifier: Apache-2.0
// One handover, as decisions: which worker is tried next, who owns the client now, when to give up. PURE: it is told
// what happened and what time it is, and says what to do; handover.cpp does it. Rules: docs/protocol/handover.md.
//
// The client is login's until a worker has read the grant. Whether one has can't be asked after, only tried: whoever
// reads the grant first is the owner. So a worker that is silent is never simply left: login reads the grant itself
// (and goes on), or finds it gone (and must not write to the client any more, until that worker answers or is dead).
#pragma once

#include "base/clock.hpp"
#include "protocol/anvil.hpp"
#include "protocol/auth.hpp"
#include "protocol/offer.hpp"

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>

namespace hearth::login {

constexpr auto answer_timeout = std::chrono::milliseconds(250); ///< a worker that has the offer answers before
constexpr auto lookup_timeout = std::chrono::milliseconds(500); ///< anvil is down if it hasn't answered by then
/// How long a session may wait for a slot in all. Anvil's own deadline is shorter; the grant expires then.
constexpr std::chrono::seconds queue_wait_max = protocol::grant_lifetime;
/// Pauses between tries of the shared listener: the first, doubled up to the second.
constexpr auto shared_pause_first = std::chrono::milliseconds(1);
constexpr auto shared_pause_max = std::chrono::milliseconds(50);
/// So many unbound workers may say CANNOT: another one would fail the same way.
constexpr int cannot_max = 2;

/// What came of a connect, seen as what it means here.
enum class Connected : std::uint8_t {
    ok,
    shut,     ///< EACCES: the gate is shut, the worker is busy
    gone,     ///< ENOENT, ECONNREFUSED: nobody is there
    full,     ///< EAGAIN: the backlog is full
    impostor, ///< connected, but not to that pid, or not to that user's process
    failed,   ///< our side: no descriptors, no memory
};

/// What may happen to a handover.
namespace happened {
struct Routed {
    protocol::anvil::Route route;
};
struct AnvilLost {};
struct ConnectEnded {
    Connected how{};
};
struct SendFailed {};
/// `pid` is attested by the kernel on the shared listener.
struct Answered {
    protocol::OfferReply reply{};
    std::uint32_t pid = 0;
};
/// The offer connection ended without a further answer.
struct Closed {};
/// Something that is no answer came.
struct Garbled {};
struct Peeked {
    bool unread = false; ///< the grant is still there
};
struct ReadBack {
    bool got = false; ///< we have the grant's record; otherwise somebody else has
};
struct Regranted {};
struct RegrantFailed {};
struct ClientLeft {};
/// Time has passed; wake_at() was reached.
struct Tick {};
} // namespace happened

using Event = std::variant<happened::Routed, happened::AnvilLost, happened::ConnectEnded, happened::SendFailed,
    happened::Answered, happened::Closed, happened::Garbled, happened::Peeked, happened::ReadBack, happened::Regranted,
    happened::RegrantFailed, happened::ClientLeft, happened::Tick>;

enum class Do : std::uint8_t {
    lookup,         ///< ask anvil: Routed or AnvilLost follows
    none_took,      ///< tell anvil that all candidates declined: Routed or AnvilLost follows
    cancel_lookup,  ///< lease and slot are void
    abandon_lookup, ///< the same, because anvil did not answer
    report_silent,  ///< tell anvil that `pid` doesn't answer
    connect_pid,    ///< ConnectEnded follows at once
    connect_shared, ///< ConnectEnded follows at once
    send_offer,     ///< SendFailed follows at once, or an answer some time
    close_offer,    ///< abandon or end the offer connection
    peek_grant,     ///< Peeked follows at once
    read_back,      ///< ReadBack follows at once
    regrant,        ///< drop the grant, ask auth for another: Regranted or RegrantFailed follows
};
struct Action {
    Do what{};
    std::uint32_t pid = 0;
};
/// What one event can lead to.
using Actions = boost::container::static_vector<Action, 6>;

/// Why a client with the right password isn't served. It is login's again, and reads why.
enum class Refusal : std::uint8_t {
    user_limit,   ///< mail_max_userip_connections
    queue_full,   ///< process_limit, and the queue before it
    queue_wait,   ///< waited for a slot until queue_wait_max
    anvil_down,   ///< and anvil_unreachable = refuse
    no_worker,    ///< nobody took it within login_handover_timeout
    no_service,   ///< nobody listens for this service
    cannot,       ///< workers took it and failed to become that user's
    grants_spent, ///< protocol::auth::grants_max were used up
    auth_lost,    ///< auth could not give another grant
};
std::string_view name(Refusal refusal);

/// A worker owns the client.
struct Taken {
    std::uint32_t pid = 0;
    bool warm = false;
    protocol::anvil::Cold why{}; ///< if not warm
};
/// Login owns the client and must answer it.
struct Refused {
    Refusal why{};
    std::uint32_t limit = 0; ///< of user_limit and queue_full
};
/// A worker has read the grant and said nothing by the deadline: close the client, write nothing.
struct InDoubt {
    std::uint32_t pid = 0;
};
/// Login owns a client that is gone.
struct ClientGone {};
using Outcome = std::variant<Taken, Refused, InDoubt, ClientGone>;

class OfferLoop {
public:
    struct Options {
        std::chrono::milliseconds handover_timeout{10'000}; ///< without the time in anvil's queue
        bool needs_anvil = false;                           ///< anvil_unreachable = refuse
    };
    OfferLoop(Options options, Time now);

    /// Said once, before any event.
    Actions start();
    /// What to do after `event`. An event that doesn't fit the state (late, doubled) leads to nothing. Events that
    /// follow "at once" must be told before any other.
    Actions on(const Event& event, Time now);

    /// When a Tick is due; nothing once there is an outcome.
    [[nodiscard]] std::optional<Time> wake_at() const;
    [[nodiscard]] const std::optional<Outcome>& outcome() const { return outcome_; }
    /// In anvil's queue: the one state that lasts long, and in which a client that hangs up should be noticed.
    [[nodiscard]] bool is_queued_at_anvil() const { return state_ == State::waiting; }
    /// A worker has read the grant: nothing may be written to the client.
    [[nodiscard]] bool is_given_away() const { return state_ == State::given_away; }

private:
    enum class State : std::uint8_t {
        looking_up, ///< anvil was asked
        waiting,    ///< in anvil's queue
        connecting, ///< connect or send was asked for
        pausing,    ///< before the next try of the shared listener
        offered,    ///< to a pid; or ACCEPTED came: the 250 ms run
        backlogged, ///< in the shared listener's backlog
        peeking,
        reading_back,
        given_away, ///< a worker has read the grant
        regranting,
        over,
    };

    void on_event(const happened::Routed& event);
    void on_event(const happened::AnvilLost& event);
    void on_event(const happened::ConnectEnded& event);
    void on_event(const happened::SendFailed& event);
    void on_event(const happened::Answered& event);
    void on_event(const happened::Closed& event);
    void on_event(const happened::Garbled& event);
    void on_event(const happened::Peeked& event);
    void on_event(const happened::ReadBack& event);
    void on_event(const happened::Regranted& event);
    void on_event(const happened::RegrantFailed& event);
    void on_event(const happened::ClientLeft& event);
    void on_event(const happened::Tick& event);

    void act(Do what, std::uint32_t pid = 0) { actions_.push_back(Action{what, pid}); }
    void next_candidate();
    void ask_for_slot();
    void go_shared();
    void pause_shared();
    void lose_anvil();
    void leave_queue();
    void declined(bool grant_used);
    void need_grant();
    void give_up(Refusal why, std::uint32_t limit = 0);
    void finish(Outcome outcome);
    [[nodiscard]] bool has_offer() const;

    Options options_;
    State state_ = State::looking_up;
    Time now_;
    Time deadline_;   // of the whole handover; moves on by the time spent in anvil's queue
    Time step_until_; // of this step
    Time wait_started_{};
    std::chrono::nanoseconds waited_{};
    std::deque<std::uint32_t> candidates_;
    std::uint32_t pid_ = 0; // whom we try; 0 on the shared listener until it says who it is
    bool shared_ = false;
    bool lookup_open_ = false; // anvil holds something for us
    bool expired_ = false;     // the deadline came while an offer was out
    protocol::anvil::Cold why_ = protocol::anvil::Cold::first;
    std::chrono::milliseconds pause_ = shared_pause_first;
    int grants_ = 1, cannots_ = 0;
    Actions actions_;
    std::optional<Outcome> outcome_;
};

} // namespace hearth::login
