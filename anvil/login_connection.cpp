// SPDX-License-Identifier: Apache-2.0
// Lookups of login processes. Login may be broken into: whatever it says changes only what it was promised itself.
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "net/unix_socket.hpp"
#include "tracker.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::anvil {
namespace {

constexpr std::size_t logins_max = 4096;   // login processes; each has one stream
constexpr unsigned messages_per_turn = 32; // of one login before the others are looked at

} // namespace

boost::asio::awaitable<void> Tracker::accept_logins() {
    for (;;) {
        auto connection = co_await login_listener_.accept();
        if (!connection) co_return;
        if (logins_.size() >= logins_max) {
            log::warning("more than {} login processes are connected: refused. Does service_count = 1 start one for "
                         "each client?",
                logins_max);
            continue;
        }
        const auto id = ++last_stream_;
        auto stream = std::make_shared<net::FrameStream>(executor_, std::move(*connection));
        logins_.emplace(id, stream);
        net::spawn(executor_, serve_login(id, std::move(stream)), "login");
    }
}

boost::asio::awaitable<void> Tracker::serve_login(StreamId id, std::shared_ptr<net::FrameStream> stream) {
    for (unsigned turn = 1;; ++turn) {
        auto frame = co_await stream->read();
        catch_up();
        if (!frame) {
            if (frame.error() != boost::asio::error::eof)
                log::info("a login's stream broke: {}", frame.error().message());
            break;
        }
        const auto message = wire::decode_login_message(frame->bytes);
        if (!message || frame->fd) {
            const auto peer = net::peer_credentials(stream->native_handle());
            log::warning("security: a login sent what is no message: closed pid={}", peer ? peer->pid : 0);
            break;
        }
        answer_login(id, *message);
        publish();
        if (turn % messages_per_turn == 0) co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    }
    stream->close();
    logins_.erase(id);
    ledger_.stream_closed(id, Clock::now());
    publish();
    if (logins_.empty() && no_login_left_) no_login_left_();
}

void Tracker::answer_login(StreamId id, const wire::LoginMessage& message) {
    const auto now = Clock::now();
    if (const auto* lookup = std::get_if<wire::Lookup>(&message)) return ledger_.lookup(id, *lookup, now);
    if (const auto* declined = std::get_if<wire::NoneTook>(&message)) return ledger_.none_took(id, declined->id, now);
    if (const auto* cancel = std::get_if<wire::Cancel>(&message)) return ledger_.cancel(id, cancel->id, now);
    const auto pid = std::get<wire::Silent>(message).pid;
    log::info("a login had no answer from a worker: no candidate until it reports pid={}", pid);
    ledger_.silent(pid, now);
}

} // namespace hearth::anvil
