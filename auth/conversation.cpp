// SPDX-License-Identifier: Apache-2.0
#include "conversation.hpp"
#include "answer_time.hpp"
#include "base/text.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "networks.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cctype>
#include <cerrno>
#include <fmt/format.h>

namespace hearth::auth {
namespace {

namespace asio = boost::asio;
using namespace protocol::auth;

// Services and mechanisms stand in logs and grants: letters, digits, - and _ only.
bool is_word(std::string_view text) {
    const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
    return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

std::string origin_of(const Attempt& attempt) {
    return fmt::format("rip={} lip={} service={} method={}", printable(attempt.remote_ip), printable(attempt.local_ip),
        attempt.service, attempt.mechanism);
}

} // namespace

Conversation::Conversation(asio::any_io_executor executor, UniqueFd socket, const Settings& settings,
    Authenticator& authenticator, const GrantMaker& grants)
    : executor_(executor),
      stream_(executor, std::move(socket)),
      settings_(settings),
      authenticator_(authenticator),
      grants_(grants) {}

asio::awaitable<void> Conversation::run(std::shared_ptr<Conversation> self) {
    for (;;) {
        auto frame = co_await self->stream_.read();
        if (!frame) {
            // A login that dies is the master's to report; one that breaks the framing is ours.
            if (frame.error().value() == EPROTO)
                log::warning("login broke the framing of its stream: hanging up");
            else if (frame.error() != asio::error::eof)
                log::debug("login's stream ended: {}", frame.error().message());
            break;
        }
        auto request = decode_request(frame->bytes);
        wipe(frame->bytes);
        if (!request || frame->fd) {
            log::warning("login sent something that isn't a message of its protocol: hanging up");
            break;
        }
        if (!self->take(std::move(*request))) break;
        self->open_.verify_invariants();
    }
    self->stream_.close();
}

bool Conversation::take(Request request) {
    return std::visit([this](auto& message) { return on(message); }, request);
}

bool Conversation::may_send_passwords(const Begin& begin) const {
    return begin.secured || !settings_.disable_plaintext_auth || is_local(begin.remote_ip, begin.local_ip) ||
           is_in_networks(begin.remote_ip, settings_.trusted_networks);
}

bool Conversation::on(Begin& begin) {
    Secret initial(std::move(begin.initial.value_or("")));
    if (begin.initial) wipe(*begin.initial);
    if (!is_word(begin.service) || !is_word(begin.mechanism)) {
        log::warning("login names a service or mechanism that can't be one: hanging up");
        return false;
    }
    Attempt attempt;
    attempt.service = begin.service;
    attempt.mechanism = to_upper(begin.mechanism);
    attempt.remote_ip = begin.remote_ip;
    attempt.local_ip = begin.local_ip;

    const auto& offered = settings_.mechanisms;
    auto exchange = make_exchange(attempt.mechanism);
    if (!exchange || std::find(offered.begin(), offered.end(), attempt.mechanism) == offered.end()) {
        fail(begin.id, attempt, Refused{"", {Failure::mechanism, "the mechanism is not offered (auth_mechanisms)"}});
        return true;
    }
    if (!may_send_passwords(begin)) {
        fail(begin.id, attempt,
            Refused{"", {Failure::mechanism, "a password without TLS (disable_plaintext_auth = yes)"}});
        return true;
    }
    const auto opened = open_.begin(begin.id, Clock::now());
    if (!opened && opened.error() == OpenAuthentications::Refusal::duplicate) {
        log::warning("login uses the id {} twice: hanging up", begin.id);
        return false;
    }
    if (!opened) {
        log::warning("login has {} authentications open, the most there may be", open_authentications_max);
        fail(begin.id, attempt, Refused{"", {Failure::temporary, "too many authentications at the same time"}});
        return true;
    }
    auto& authentication = **opened;
    authentication.attempt = std::move(attempt);
    authentication.exchange = std::move(exchange);
    std::optional<std::string> response;
    if (begin.initial) response = initial.text();
    auto next = authentication.exchange->start(response);
    if (response) wipe(*response);
    step(begin.id, authentication, std::move(next));
    return true;
}

bool Conversation::on(Continue& proceed) {
    const Secret data(std::move(proceed.data));
    auto* authentication = open_.find(proceed.id, Clock::now());
    // Its time may be over while the client typed.
    if (authentication == nullptr) {
        say(Failed{proceed.id, Failure::malformed, "", "no such authentication, or its time is over"});
        return true;
    }
    if (!authentication->exchange) {
        log::warning("login goes on with an authentication that has all it needs: hanging up");
        return false;
    }
    step(proceed.id, *authentication, authentication->exchange->proceed(data.text()));
    return true;
}

bool Conversation::on(Done& done) {
    open_.end(done.id);
    return true;
}

bool Conversation::on(Regrant& regrant) {
    const auto now = Clock::now();
    const auto* authentication = open_.take_grant(regrant.id, now);
    if (authentication == nullptr) {
        say(Failed{regrant.id, Failure::expired, "",
            "no finished authentication, its time is over, or it had all its grants"});
        return true;
    }
    auto grant = grants_.make(authentication->attempt.service, *authentication->identity, authentication->session, now);
    if (!grant) {
        log::error("can't make a grant for user={}: {}", authentication->identity->user, grant.error().message());
        say(Failed{regrant.id, Failure::temporary, authentication->identity->user, "can't make a grant"});
        return true;
    }
    say(Granted{regrant.id}, std::move(*grant));
    return true;
}

void Conversation::step(std::uint32_t id, Authentication& authentication, SaslStep next) {
    if (auto* ask = std::get_if<Ask>(&next)) {
        say(Challenge{id, std::move(ask->challenge)});
        return;
    }
    if (auto* malformed = std::get_if<Malformed>(&next)) {
        const auto attempt = authentication.attempt;
        open_.end(id);
        fail(id, attempt, Refused{"", {Failure::malformed, std::move(malformed->why)}});
        return;
    }
    authentication.exchange.reset();
    net::spawn(executor_,
        check(shared_from_this(), id, authentication.serial, authentication.attempt,
            std::get<Credentials>(std::move(next))),
        "authentication");
}

// `self` keeps this alive; the frame needs nothing of the stream until the answer.
asio::awaitable<void> Conversation::check(std::shared_ptr<Conversation> self, std::uint32_t id, std::uint64_t serial,
    Attempt attempt, Credentials credentials) {
    const auto asked = Clock::now();
    Attempt copy = attempt;
    auto outcome = co_await self->authenticator_.authenticate(std::move(copy), std::move(credentials));
    const auto* refused = std::get_if<Refused>(&outcome);
    const bool delayed = refused != nullptr &&
                         (refused->refusal.why == Failure::credentials || refused->refusal.why == Failure::disabled);
    if (delayed) {
        asio::steady_timer timer(executor_, answer_time(asked, Clock::now(), settings_.failure_delay));
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    // Login may have hung up, said Done, or even used the id again meanwhile.
    auto* authentication = open_.find(id, serial, Clock::now());
    if (authentication == nullptr || !stream_.is_open()) co_return;
    if (refused == nullptr) {
        succeed(id, *authentication, std::get<protocol::Identity>(std::move(outcome)));
        co_return;
    }
    open_.end(id);
    fail(id, attempt, *refused);
}

void Conversation::succeed(std::uint32_t id, Authentication& authentication, protocol::Identity identity) {
    const auto now = Clock::now();
    const auto session = SessionId::random();
    const auto& service = authentication.attempt.service;
    auto grant = grants_.make(service, identity, session, now);
    if (!grant) {
        log::error("can't make a grant for user={}: {}", identity.user, grant.error().message());
        const auto attempt = authentication.attempt;
        open_.end(id);
        fail(id, attempt, Refused{identity.user, {Failure::temporary, "can't make a grant"}});
        return;
    }
    Succeeded answer;
    answer.id = id;
    answer.user = identity.user;
    answer.uid = identity.uid;
    answer.identity = protocol::identity_hash(service, identity);
    answer.session = session;
    answer.generation = grants_.generation();
    log::debug(
        "user=<{}> {} session={}: authenticated", identity.user, origin_of(authentication.attempt), session.text());
    open_.finish(authentication, std::move(identity), session, now);
    say(std::move(answer), std::move(*grant));
}

void Conversation::fail(std::uint32_t id, const Attempt& attempt, const Refused& refused) {
    const auto& [why, reason] = refused.refusal;
    const auto user = printable(refused.user, 128);
    const bool is_fault = why == Failure::temporary || why == Failure::disabled;
    const auto left_out = is_fault ? log_limit_.take(Clock::now()) : std::nullopt;
    if (left_out && *left_out > 0) log::warning("{} lines about failed authentications were left out", *left_out);
    if (left_out)
        log::write(why == Failure::temporary ? log::Level::error : log::Level::warning,
            fmt::format("user=<{}> {}: {}", user, origin_of(attempt), reason));
    else if (!is_fault && settings_.verbose)
        log::info("user=<{}> {}: {}", user, origin_of(attempt), reason);
    // A wrong password and an unknown user are told apart in our own log only.
    const bool secret = why == Failure::credentials;
    say(Failed{id, why, refused.user, secret ? "authentication failed" : reason});
}

void Conversation::say(const Response& response, UniqueFd fd) {
    stream_.send(encode(response), std::move(fd));
}

} // namespace hearth::auth
