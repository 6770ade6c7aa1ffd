// SPDX-License-Identifier: Apache-2.0
// From offer to TAKEN, in one go without an await: state checks, read the grant (this is the commit), verify it, bind
// and drop, report to anvil, TAKEN. Nothing here touches the mail store or the client's socket; whoever declines only
// closes. A worker that is stopped or dies at any line leaves the client with exactly one owner
// (docs/protocol/handover.md).
#include "base/text.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "process/start.hpp"
#include "protocol/service.hpp"
#include "worker/stop_point.hpp"
#include "worker/worker.hpp"

#include <sys/prctl.h>
#include <unistd.h>

namespace hearth::worker {

using protocol::OfferReply;

void Worker::consider(int connection, Origin origin, net::Received offer) {
    stop_point("offer-received");
    decide(connection, origin, offer);
    wipe(offer.bytes); // whether taken or declined: they are the client's
}

void Worker::decide(int connection, Origin origin, net::Received& offer) {
    const auto head = check_offer(offer);
    if (!head) {
        warn(fmt::format(
            "what came as an offer is none: {} bytes with {} descriptors", offer.bytes.size(), offer.fds.size()));
        send_answer(connection, OfferReply::malformed);
        return;
    }
    if (decline_unread(connection, origin, head->generation)) return;

    auto read = read_grant(offer.fds[1].get(), rules_, Clock::now());
    stop_point("grant-read");
    if (const auto* refusal = std::get_if<Refusal>(&read)) return refuse(connection, *refusal);
    const auto& grant = std::get<protocol::Grant>(read);
    if (!unite(connection, grant)) return;
    commit(connection, grant, *head, offer);
}

// What the state alone decides. True: answered, the grant is as it was.
bool Worker::decline_unread(int connection, Origin origin, std::uint32_t generation) {
    life_.passed(Clock::now());
    switch (life_.first_answer(origin, generation)) {
    case FirstAnswer::read_grant: return false;
    case FirstAnswer::busy: send_answer(connection, OfferReply::busy); break;
    case FirstAnswer::leaving: send_answer(connection, OfferReply::leaving); break;
    case FirstAnswer::old_generation: send_answer(connection, OfferReply::old_generation); break;
    }
    settle(); // it may be idle_kill that has just passed
    return true;
}

void Worker::refuse(int connection, const Refusal& refusal) {
    if (refusal.reply == OfferReply::no_grant)
        log::debug("an offer without a grant: {}", refusal.reason);
    else
        warn("a grant was refused: " + refusal.reason);
    send_answer(connection, refusal.reply, refusal.reason);
    if (refusal.outdated) leave(LeaveReason::generation);
}

// Is, or makes, this process the grant's user's. False: answered.
bool Worker::unite(int connection, const protocol::Grant& grant) {
    if (bound_) return confirm(connection, grant.identity);
    if (bind(grant)) return true;
    send_answer(connection, OfferReply::cannot, "the worker can't become the user, its log says why");
    exit_code_ = 1;
    leave(LeaveReason::fault);
    return false;
}

bool Worker::confirm(int connection, const protocol::Identity& offered) {
    switch (compare(*bound_->identity, offered)) {
    case Likeness::same: return true;
    case Likeness::other_user:
        log::error("security: a client of {} was offered to the worker of {}; it was refused, and this worker ends",
            printable(offered.user, 255), bound_->identity->user);
        send_answer(connection, OfferReply::wrong_user);
        leave(LeaveReason::wrong_user);
        return false;
    case Likeness::other_identity:
        log::info("the identity of {} has changed since this worker was bound: it ends when it is idle",
            bound_->identity->user);
        send_answer(connection, OfferReply::stale);
        leave(LeaveReason::stale);
        return false;
    }
    return false;
}

// Becomes the user for good. False (and logged): the process is neither one nor the other and must end.
bool Worker::bind(const protocol::Grant& grant) {
    const auto& who = grant.identity;
    connect_anvil(); // the last moment at which it may
    try {
        if (deps_.managed) {
            gate_->give_to(who.uid, deps_.login_gid.value_or(0)).value();
            process::become(who.uid, who.gid, std::vector<gid_t>(who.groups.begin(), who.groups.end()));
        } else {
            ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            ::prctl(PR_SET_DUMPABLE, 0);
        }
        gate_->listen_again().value();
    } catch (const std::exception& failed) {
        log::error("can't become uid {} gid {}: {}", who.uid, who.gid, failed.what());
        return false;
    }
    error_code ignored;
    shared_.close(ignored); // a copy: closing is all; shutting it down would end the service
    if (::chdir("/") != 0) log::warning("can't leave the working directory: {}", last_error().message());
    // A second net beside the life pipe; the change of uid cleared it. Its meaning is the same: end when idle.
    if (deps_.master_pid != 0 && ::getppid() == deps_.master_pid)
        ::prctl(PR_SET_PDEATHSIG, protocol::service::signal_retire());

    bound_ =
        Bound{std::make_shared<const protocol::Identity>(who), protocol::identity_hash(deps_.service, who), grant.tag};
    life_.bound(Clock::now());
    identify(nullptr);
    notices_.say(std::string(protocol::service::say_bound));
    return true;
}

// The grant is used up and the process is the user's: from here on it is either TAKEN, or the client is closed with
// everything undone.
void Worker::commit(
    int connection, const protocol::Grant& grant, const protocol::OfferHead& head, net::Received& offer) {
    auto opaque = protocol::decode_offer_opaque(offer.bytes);
    if (!opaque) {
        warn("the opaque part of an offer can't be read");
        send_answer(connection, OfferReply::cannot, "the opaque part of the offer can't be read");
        publish();
        return settle();
    }
    SessionFacts facts;
    facts.identity = bound_->identity;
    facts.id = grant.session;
    facts.remote_ip = std::move(opaque->remote_ip);
    facts.local_ip = std::move(opaque->local_ip);
    facts.remote_port = opaque->remote_port;
    facts.local_port = opaque->local_port;
    facts.login_tag = std::move(opaque->tag);
    facts.secured = head.secured;
    facts.settings = &deps_.snapshot;
    const auto session =
        std::make_shared<Session::State>(executor_, std::move(facts), opaque->pipelined, std::move(offer.fds[0]));
    wipe(opaque->pipelined);

    sessions_.push_back(session);
    life_.taken(Clock::now());
    settled_ = false;
    identify(session.get());
    stop_point("bound-before-report");
    publish();
    stop_point("before-taken");
    if (!send_answer(connection, OfferReply::taken)) {
        // The login is dead, or has given up and closed the client. Without TAKEN the client isn't ours: only close it.
        log::warning("the login was gone before it could be told TAKEN, session {}", session->facts.id.text());
        forget(session);
        publish();
        return settle();
    }
    stop_point("after-taken");
    net::spawn(executor_, run_session(session), "session");
    settle();
}

// What a hostile login can cause at will fills no log: one line a second.
void Worker::warn(const std::string& text) {
    const auto now = Clock::now();
    if (now < warned_ + std::chrono::seconds(1)) return log::debug("{}", text);
    warned_ = now;
    log::warning("{}", text);
}

} // namespace hearth::worker
