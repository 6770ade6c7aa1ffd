// SPDX-License-Identifier: Apache-2.0
#include "offer_loop.hpp"
#include "base/ensure.hpp"

#include <algorithm>

namespace hearth::login {

using protocol::OfferReply;
using protocol::anvil::Cold;
using protocol::anvil::Verdict;

OfferLoop::OfferLoop(Options options, Time now)
    : options_(options), now_(now), deadline_(now + options.handover_timeout), step_until_(now + lookup_timeout) {}

Actions OfferLoop::start() {
    lookup_open_ = true;
    return Actions{Action{Do::lookup, 0}};
}

Actions OfferLoop::on(const Event& event, Time now) {
    actions_.clear();
    now_ = now;
    if (!outcome_) std::visit([this](const auto& what) { on_event(what); }, event);
    return actions_;
}

std::optional<Time> OfferLoop::wake_at() const {
    switch (state_) {
    case State::over: return std::nullopt;
    case State::looking_up:
    case State::pausing:
    case State::offered: return std::min(deadline_, step_until_);
    case State::waiting: return step_until_;
    default: return deadline_;
    }
}

bool OfferLoop::has_offer() const {
    return state_ == State::offered || state_ == State::backlogged;
}

// ---- Anvil ---------------------------------------------------------------------------------------------------------

void OfferLoop::on_event(const happened::Routed& event) {
    if (state_ != State::looking_up && state_ != State::waiting) return;
    const auto& route = event.route;
    if (route.verdict == Verdict::wait) {
        if (state_ == State::waiting) return;
        why_ = route.why;
        state_ = State::waiting;
        wait_started_ = now_;
        step_until_ = now_ + (queue_wait_max - waited_);
        return;
    }
    leave_queue();
    switch (route.verdict) {
    case Verdict::candidates: candidates_.assign(route.pids.begin(), route.pids.end()); return next_candidate();
    case Verdict::cold: why_ = route.why; return go_shared();
    case Verdict::refused_user: lookup_open_ = false; return give_up(Refusal::user_limit, route.limit);
    case Verdict::refused_queue: lookup_open_ = false; return give_up(Refusal::queue_full, route.limit);
    case Verdict::wait: return;
    }
}

void OfferLoop::on_event(const happened::AnvilLost&) {
    lookup_open_ = false;
    if (state_ != State::looking_up && state_ != State::waiting) return;
    leave_queue();
    lose_anvil();
}

void OfferLoop::leave_queue() {
    if (state_ != State::waiting) return;
    waited_ += now_ - wait_started_;
    deadline_ += now_ - wait_started_;
    state_ = State::looking_up;
}

// Without anvil there is no warm worker to be named, but the service is there.
void OfferLoop::lose_anvil() {
    if (options_.needs_anvil) return give_up(Refusal::anvil_down);
    why_ = Cold::restarting;
    go_shared();
}

void OfferLoop::ask_for_slot() {
    if (!lookup_open_) return lose_anvil();
    state_ = State::looking_up;
    step_until_ = now_ + lookup_timeout;
    act(Do::none_took);
}

// ---- Candidates ----------------------------------------------------------------------------------------------------

void OfferLoop::next_candidate() {
    if (now_ >= deadline_) return give_up(Refusal::no_worker);
    if (shared_) return pause_shared();
    if (candidates_.empty()) return ask_for_slot();
    pid_ = candidates_.front();
    candidates_.pop_front();
    state_ = State::connecting;
    act(Do::connect_pid, pid_);
}

void OfferLoop::go_shared() {
    shared_ = true;
    pid_ = 0;
    state_ = State::connecting;
    act(Do::connect_shared);
}

// The slot that anvil leased stands: the listener is tried again, but never in a busy loop.
void OfferLoop::pause_shared() {
    state_ = State::pausing;
    step_until_ = now_ + pause_;
    pause_ = std::min(pause_ * 2, shared_pause_max);
}

void OfferLoop::on_event(const happened::ConnectEnded& event) {
    if (state_ != State::connecting) return;
    if (event.how == Connected::ok) {
        state_ = shared_ ? State::backlogged : State::offered;
        step_until_ = now_ + answer_timeout;
        return act(Do::send_offer);
    }
    if (shared_ && event.how == Connected::gone) return give_up(Refusal::no_service);
    if (event.how == Connected::impostor) {
        act(Do::close_offer);
        act(Do::report_silent, pid_);
    }
    next_candidate();
}

void OfferLoop::on_event(const happened::SendFailed&) {
    // Nothing went out, but the worker may have said why (LEAVING) and closed: it can't have the grant.
    if (has_offer()) declined(false);
}

void OfferLoop::on_event(const happened::Answered& event) {
    if (!has_offer() && state_ != State::given_away) return;
    const bool given_away = state_ == State::given_away;
    if (shared_ && event.pid != 0) pid_ = event.pid;
    if (event.reply == OfferReply::accepted) {
        if (state_ != State::backlogged) return;
        state_ = State::offered;
        step_until_ = now_ + answer_timeout;
        return;
    }
    if (event.reply == OfferReply::taken) {
        act(Do::close_offer);
        return finish(Taken{pid_, !shared_, why_});
    }
    if (event.reply == OfferReply::cannot && shared_ && ++cannots_ >= cannot_max) {
        act(Do::close_offer);
        return give_up(Refusal::cannot);
    }
    // A decline is the worker's word that it lets go of the client, whatever it says of the grant; ours is as found.
    declined(given_away || protocol::uses_up_grant(event.reply));
}

void OfferLoop::declined(bool grant_used) {
    act(Do::close_offer);
    if (grant_used) return need_grant();
    next_candidate();
}

void OfferLoop::on_event(const happened::Closed&) {
    if (state_ == State::given_away) return declined(true); // dead: only a dead worker closes without an answer
    if (!has_offer()) return;
    state_ = State::peeking;
    act(Do::close_offer);
    act(Do::peek_grant);
}

void OfferLoop::on_event(const happened::Garbled&) {
    // It lives and talks nonsense. Before it has the grant that is as good as silence; after, only its end counts.
    if (!has_offer()) return;
    state_ = State::reading_back;
    act(Do::read_back);
}

void OfferLoop::on_event(const happened::Peeked& event) {
    if (state_ != State::peeking) return;
    if (event.unread) return next_candidate();
    need_grant();
}

void OfferLoop::on_event(const happened::ReadBack& event) {
    if (state_ != State::reading_back) return;
    if (event.got) {
        act(Do::close_offer);
        if (pid_ != 0) act(Do::report_silent, pid_);
        if (expired_) return give_up(Refusal::no_worker);
        return need_grant();
    }
    state_ = State::given_away;
    if (expired_) {
        act(Do::close_offer);
        finish(InDoubt{pid_});
    }
}

// ---- Grants --------------------------------------------------------------------------------------------------------

void OfferLoop::need_grant() {
    if (now_ >= deadline_) return give_up(Refusal::no_worker);
    if (grants_ >= protocol::auth::grants_max) return give_up(Refusal::grants_spent);
    ++grants_;
    state_ = State::regranting;
    act(Do::regrant);
}

void OfferLoop::on_event(const happened::Regranted&) {
    if (state_ == State::regranting) next_candidate();
}

void OfferLoop::on_event(const happened::RegrantFailed&) {
    if (state_ == State::regranting) give_up(Refusal::auth_lost);
}

// ---- Ends ----------------------------------------------------------------------------------------------------------

void OfferLoop::on_event(const happened::ClientLeft&) {
    // With an offer out, whoever gets the client finds out by itself.
    const bool ours = state_ == State::looking_up || state_ == State::waiting || state_ == State::pausing ||
                      state_ == State::regranting;
    if (!ours) return;
    if (lookup_open_) act(Do::cancel_lookup);
    finish(ClientGone{});
}

void OfferLoop::on_event(const happened::Tick&) {
    if (state_ == State::waiting) {
        if (now_ >= step_until_) give_up(Refusal::queue_wait);
        return;
    }
    const bool deadline = now_ >= deadline_, step = now_ >= step_until_;
    switch (state_) {
    case State::looking_up:
        if (!deadline && !step) return;
        act(Do::abandon_lookup);
        lookup_open_ = false;
        return deadline ? give_up(Refusal::no_worker) : lose_anvil();
    case State::pausing:
        if (deadline) return give_up(Refusal::no_worker);
        return step ? go_shared() : void();
    case State::regranting: return deadline ? give_up(Refusal::no_worker) : void();
    case State::offered:
    case State::backlogged:
        if (!deadline && (state_ == State::backlogged || !step)) return;
        expired_ = deadline;
        state_ = State::reading_back;
        return act(Do::read_back);
    case State::given_away:
        if (!deadline) return;
        act(Do::close_offer);
        return finish(InDoubt{pid_});
    default: return; // told at once, or over
    }
}

void OfferLoop::give_up(Refusal why, std::uint32_t limit) {
    if (lookup_open_) act(Do::cancel_lookup);
    lookup_open_ = false;
    finish(Refused{why, limit});
}

void OfferLoop::finish(Outcome outcome) {
    ensure(!outcome_, "a handover ends once");
    state_ = State::over;
    outcome_ = std::move(outcome);
}

std::string_view name(Refusal refusal) {
    switch (refusal) {
    case Refusal::user_limit: return "mail_max_userip_connections";
    case Refusal::queue_full: return "process_limit and its queue are full";
    case Refusal::queue_wait: return "process_limit reached, no slot in time";
    case Refusal::anvil_down: return "anvil is down and anvil_unreachable = refuse";
    case Refusal::no_worker: return "no worker took it within login_handover_timeout";
    case Refusal::no_service: return "nobody listens on the service's socket";
    case Refusal::cannot: return "workers could not become the user's";
    case Refusal::grants_spent: return "all grants of this login were used up";
    case Refusal::auth_lost: return "auth gave no further grant";
    }
    return "?";
}

} // namespace hearth::login
