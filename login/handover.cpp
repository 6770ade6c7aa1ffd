// SPDX-License-Identifier: Apache-2.0
#include "handover.hpp"
#include "base/skip_check.hpp"
#include "base/text.hpp"
#include "client.hpp"
#include "front.hpp"
#include "log/log.hpp"
#include "net/unix_socket.hpp"

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstring>
#include <sys/socket.h>

namespace hearth::login {

using protocol::OfferReply;

/// One offer's connection. A pending wait keeps it alive, and the descriptor is closed at once all the same.
struct Handover::Connection {
    Connection(boost::asio::any_io_executor executor, UniqueFd fd) : socket(std::move(executor)), held(std::move(fd)) {}
    [[nodiscard]] int descriptor() { return held ? held.get() : socket.native_handle(); }
    boost::asio::posix::stream_descriptor socket;
    UniqueFd held; // until it is waited for: the worker wakes up when it is connected to, and should find the record
    bool is_waiting = false;
    bool was_reset = false; // a reset may stand before a last answer in the queue: read once more
};

Handover::Handover(Front& front, std::shared_ptr<Client> client, Request request)
    : front_(front),
      client_(std::move(client)),
      request_(std::move(request)),
      loop_(OfferLoop::Options{front.settings.handover_timeout, front.settings.needs_anvil}, Clock::now()) {
    request_.offer.head.session = request_.who.session;
    request_.offer.head.generation = request_.who.generation;
}

Handover::~Handover() {
    close_offer();
    if (lookup_) front_.anvil.forget(*lookup_);
    front_.auth.done(request_.auth_id);
    wipe(request_.offer.opaque.pipelined);
}

boost::asio::awaitable<Outcome> Handover::run() {
    client_->detach();
    perform(loop_.start());
    while (!loop_.outcome()) {
        if (inbox_.empty()) {
            auto wake = *loop_.wake_at();
            if (loop_.is_queued_at_anvil()) wake = std::min(wake, Clock::now() + hang_up_check);
            wait_for_answer();
            co_await client_->wakeup().wait(wake);
            if (inbox_.empty()) look_for_answer();
            if (inbox_.empty() && loop_.is_queued_at_anvil()) look_after_client();
            if (inbox_.empty() && Clock::now() >= wake) tell(happened::Tick{});
            continue;
        }
        const Event event = std::move(inbox_.front());
        inbox_.pop_front();
        perform(loop_.on(event, Clock::now()));
    }
    co_return *loop_.outcome();
}

void Handover::perform(const Actions& actions) {
    for (const auto& action : actions)
        perform(action);
}

void Handover::perform(const Action& action) {
    switch (action.what) {
    case Do::lookup: return look_up();
    case Do::none_took:
        if (lookup_) front_.anvil.none_took(*lookup_);
        return;
    case Do::cancel_lookup:
        if (lookup_) front_.anvil.cancel(*lookup_);
        return lookup_.reset();
    case Do::abandon_lookup:
        if (lookup_) front_.anvil.abandon(*lookup_);
        return lookup_.reset();
    case Do::report_silent:
        log::warning("{}-{} doesn't answer, or isn't who it should be: not asked again until it reports to anvil",
            request_.service, action.pid);
        return front_.anvil.silent(action.pid);
    case Do::connect_pid: return connect_to(action.pid);
    case Do::connect_shared: return connect_to(0);
    case Do::send_offer: return send_offer();
    case Do::close_offer: return close_offer();
    case Do::peek_grant: return peek_grant();
    case Do::read_back: return read_grant_back();
    case Do::regrant: return ask_for_grant();
    }
}

// ---- Anvil and auth ------------------------------------------------------------------------------------------------

void Handover::look_up() {
    protocol::anvil::Lookup lookup;
    lookup.service = request_.service;
    lookup.user = request_.who.user;
    lookup.remote_ip = request_.offer.opaque.remote_ip;
    lookup.identity = request_.who.identity;
    lookup.session = request_.who.session;
    lookup_ = front_.anvil.lookup(std::move(lookup), [this](std::optional<protocol::anvil::Route> route) {
        if (!route) {
            lookup_.reset();
            tell(happened::AnvilLost{});
        } else {
            if (loop_.is_queued_at_anvil()) look_after_client(); // no worker is started for who has left the queue
            tell(happened::Routed{std::move(*route)});
        }
        client_->wakeup().notify();
    });
    if (!lookup_) tell(happened::AnvilLost{});
}

void Handover::ask_for_grant() {
    request_.grant.reset();
    const bool asked = front_.auth.regrant(request_.auth_id, [this](AuthAnswer answer) {
        if (std::holds_alternative<protocol::auth::Granted>(answer.response)) {
            request_.grant = std::move(answer.grant);
            tell(happened::Regranted{});
        } else {
            tell(happened::RegrantFailed{});
        }
        client_->wakeup().notify();
    });
    if (!asked) tell(happened::RegrantFailed{});
}

void Handover::look_after_client() {
    if (client_->has_hung_up(!request_.offer.opaque.pipelined.empty())) tell(happened::ClientLeft{});
}

// ---- The offer -----------------------------------------------------------------------------------------------------

void Handover::connect_to(std::uint32_t pid) {
    pid_ = pid;
    tell(happened::ConnectEnded{open_connection(pid)});
}

// Names are relative to the working directory, base_dir/login: right inside and outside a chroot, and short.
Connected Handover::open_connection(std::uint32_t pid) {
    const auto name = pid == 0 ? request_.service : request_.service + "-" + std::to_string(pid);
    auto socket = net::connect_unix(name, net::sequenced);
    if (!socket) {
        switch (socket.error().value()) {
        case EACCES: return Connected::shut;
        case ENOENT:
        case ECONNREFUSED: return Connected::gone;
        case EAGAIN: return Connected::full;
        default: log::warning("connect to {}: {}", name, socket.error().message()); return Connected::failed;
        }
    }
    const auto checked = check_peer(socket->get(), pid);
    if (checked == Connected::ok) connection_ = std::make_shared<Connection>(front_.executor, std::move(*socket));
    return checked;
}

// Check 14 of docs/protocol/handover.md: anvil only says where to try. The process behind the socket must be that pid,
// and where users have their own uid, of that user.
Connected Handover::check_peer(int fd, std::uint32_t pid) {
    if (pid == 0) return net::want_credentials(fd) ? Connected::ok : Connected::failed;
    const auto peer = net::peer_credentials(fd);
    if (!peer) return Connected::failed;
    const bool is_right =
        static_cast<std::uint32_t>(peer->pid) == pid && (!front_.managed || peer->uid == request_.who.uid);
    if (is_right || skips(14)) return Connected::ok;
    log::warning("{}-{} is served by pid {} of uid {}, which is not {}'s worker (uid {}): not offered to; session=<{}>",
        request_.service, pid, peer->pid, peer->uid, printable(request_.who.user), request_.who.uid,
        request_.who.session.text());
    return Connected::impostor;
}

void Handover::send_offer() {
    request_.offer.head.shared = pid_ == 0;
    auto record = encode(request_.offer);
    const std::array<int, 2> descriptors{client_->native_handle(), request_.grant.get()};
    const auto sent = net::send_message(connection_->descriptor(), record, descriptors);
    wipe(record);
    if (sent) return;
    const int error = sent.error().value();
    if (error != EPIPE && error != ECONNRESET)
        log::warning("offer to {}: {}", request_.service, sent.error().message());
    tell(happened::SendFailed{});
}

void Handover::close_offer() {
    if (!connection_) return;
    error_code ignored;
    connection_->socket.close(ignored);
    connection_->held.reset();
    connection_.reset();
}

void Handover::wait_for_answer() {
    if (!connection_ || connection_->is_waiting) return;
    if (connection_->held) {
        error_code error;
        connection_->socket.assign(connection_->held.get(), error);
        if (error) {
            tell(happened::Closed{});
            return client_->wakeup().notify();
        }
        (void)connection_->held.release();
    }
    connection_->is_waiting = true;
    auto on_readable = [connection = connection_, client = client_](error_code) {
        connection->is_waiting = false;
        client->wakeup().notify();
    };
    connection_->socket.async_wait(boost::asio::posix::stream_descriptor::wait_read, std::move(on_readable));
}

void Handover::look_for_answer() {
    if (!connection_) return;
    while (!take_answer()) {
    }
}

// One record. False: try again at once.
bool Handover::take_answer() {
    const auto record = net::receive_message(connection_->descriptor(), protocol::answer_bytes_max);
    if (!record) {
        const int error = record.error().value();
        if (error == EAGAIN) return true;
        if (error == ECONNRESET && !std::exchange(connection_->was_reset, true)) return false;
        tell(happened::Closed{});
        return true;
    }
    if (record->bytes.empty()) {
        tell(happened::Closed{});
        return true;
    }
    const auto answer =
        record->truncated || !record->fds.empty() ? std::nullopt : protocol::decode_offer_answer(record->bytes);
    if (!answer) {
        tell(happened::Garbled{});
        return true;
    }
    // On the shared listener the peer is the master, and the pid in the answer a claim: the kernel says who sent it.
    auto pid = pid_;
    if (pid == 0 && record->sender && record->sender->pid > 0) pid = static_cast<std::uint32_t>(record->sender->pid);
    note(*answer, pid);
    tell(happened::Answered{answer->reply, pid});
    return true;
}

void Handover::note(const protocol::OfferAnswer& answer, std::uint32_t pid) {
    if (answer.reply == OfferReply::accepted || answer.reply == OfferReply::taken) return;
    reason_ = printable(answer.reason);
    const auto session = request_.who.session.text();
    if (answer.reply == OfferReply::wrong_user) {
        log::warning("{}-{} was named as {}'s worker and is another user's; session=<{}>", request_.service, pid,
            printable(request_.who.user), session);
    } else if (protocol::uses_up_grant(answer.reply)) {
        log::info("{}-{} answered {} ({}) for {}; trying on; session=<{}>", request_.service, pid,
            protocol::name(answer.reply), reason_, printable(request_.who.user), session);
    }
}

// ---- The grant -----------------------------------------------------------------------------------------------------

// A peek is not a read: the record stays for a worker.
void Handover::peek_grant() {
    char byte = 0;
    tell(happened::Peeked{::recv(request_.grant.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0});
}

// Whoever gets the record owns the client. An error is no record: then it isn't us.
void Handover::read_grant_back() {
    std::array<char, protocol::grant_bytes_max> record;
    const auto got = ::recv(request_.grant.get(), record.data(), record.size(), MSG_DONTWAIT);
    if (got > 0) ::explicit_bzero(record.data(), static_cast<std::size_t>(got));
    tell(happened::ReadBack{got > 0});
}

} // namespace hearth::login
