// SPDX-License-Identifier: Apache-2.0
// LOGIN and AUTHENTICATE (RFC 9051 sections 6.2.2 and 6.2.3, RFC 4959), and what comes of them.
#include "base/text.hpp"
#include "base64.hpp"
#include "imap_conversation.hpp"
#include "imap_texts.hpp"
#include "log/log.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <unistd.h>

namespace hearth::login {

using namespace protocol::auth;

boost::asio::awaitable<void> ImapConversation::login(PreauthCommand& command) {
    const auto& arguments = command.arguments;
    if (arguments.size() != 2 || !arguments[0].is_text() || !arguments[1].is_text()) {
        co_await bad(command.tag, "LOGIN takes a user and a password.");
        co_return;
    }
    if (!passwords_) {
        co_await refuse_plaintext(command.tag);
        co_return;
    }
    // RFC 4616: the same message as AUTHENTICATE PLAIN; there are no NULs in arguments.
    std::string initial;
    initial.reserve(arguments[0].text.size() + arguments[1].text.size() + 2); // grows nowhere: no copies stay behind
    initial += '\0';
    initial += arguments[0].text;
    initial += '\0';
    initial += arguments[1].text;
    fields_.user = arguments[0].text.substr(0, protocol::user_bytes_max);
    wipe(command.arguments[1].text);
    co_await authenticate_with(command.tag, "PLAIN", std::move(initial), false);
}

boost::asio::awaitable<void> ImapConversation::authenticate(PreauthCommand& command) {
    const auto& arguments = command.arguments;
    if (arguments.empty() || arguments.size() > 2 ||
        !std::all_of(arguments.begin(), arguments.end(), [](const auto& a) { return a.is_text(); })) {
        co_await bad(command.tag, "AUTHENTICATE takes a mechanism and an initial response.");
        co_return;
    }
    const auto mechanism = to_upper(arguments[0].text);
    const auto& offered = front_.settings.mechanisms;
    if (std::find(offered.begin(), offered.end(), mechanism) == offered.end()) {
        co_await say(command.tag + " " + imap_failure(Failure::mechanism, ""));
        co_return;
    }
    if (!passwords_) { // both mechanisms that there are send them
        co_await refuse_plaintext(command.tag);
        co_return;
    }
    std::optional<std::string> initial;
    if (arguments.size() == 2) {
        initial = arguments[1].text == "=" ? std::string() : decode_base64(arguments[1].text);
        if (!initial) {
            co_await bad(command.tag, "Invalid base64 data in initial response.");
            co_return;
        }
    }
    fields_.user.clear();
    co_await authenticate_with(command.tag, mechanism, std::move(initial), true);
}

boost::asio::awaitable<void> ImapConversation::refuse_plaintext(const std::string& tag) {
    progress_.plaintext_refused = true;
    co_await say(fmt::format(
        "* BAD [ALERT] Plaintext authentication not allowed without SSL/TLS, but your client did it anyway. "
        "If anyone was listening, the password was exposed.\r\n"
        "{} NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
        tag));
}

boost::asio::awaitable<void> ImapConversation::authenticate_with(
    std::string tag, std::string mechanism, std::optional<std::string> initial, bool may_ask) {
    const auto& endpoints = client_->endpoints();
    Begin begin;
    begin.service = "imap";
    begin.mechanism = mechanism;
    begin.remote_ip = endpoints.remote_ip;
    begin.local_ip = endpoints.local_ip;
    begin.remote_port = endpoints.remote_port;
    begin.local_port = endpoints.local_port;
    begin.secured = fields_.secured;
    begin.initial = std::move(initial);

    fields_.method = std::move(mechanism);
    if (progress_.attempts++ == 0) progress_.first_attempt = Clock::now();
    progress_.aborted = false;

    Authentication authentication(front_.auth, *client_);
    auto answer = co_await authentication.begin(std::move(begin));
    for (int challenges = 0; answer && std::holds_alternative<Challenge>(answer->response); ++challenges) {
        if (!may_ask || challenges == challenges_max) {
            answer->response = Failed{0, Failure::temporary, "", "auth asks more than its mechanism may"};
            break;
        }
        const auto challenge = std::get<Challenge>(answer->response).data;
        auto data = co_await ask(tag, challenge);
        if (!data) co_return;
        answer = co_await authentication.proceed(std::move(*data));
    }
    if (!answer) co_return; // interrupted: the next read says why
    if (const auto* failed = std::get_if<Failed>(&answer->response)) {
        co_await fail(tag, *failed);
    } else if (std::holds_alternative<Succeeded>(answer->response)) {
        co_await hand_over(std::move(tag), authentication.id(), std::move(*answer));
    } else {
        const Failed odd{0, Failure::temporary, "", "auth gave a grant that nobody asked for"};
        co_await fail(tag, odd);
    }
}

// The client's answer to a challenge, decoded; nothing if it has none (and was told).
boost::asio::awaitable<std::optional<std::string>> ImapConversation::ask(
    const std::string& tag, const std::string& challenge) {
    progress_.in_sasl = true;
    co_await say("+ " + encode_base64(challenge));
    auto event = PreauthParser::Event::more;
    while (!over_ && (event = parser_.next_line()) == PreauthParser::Event::more)
        co_await fill();
    if (over_) co_return std::nullopt;
    progress_.in_sasl = false;
    if (event != PreauthParser::Event::line) {
        bye(parser_.complaint(), "Disconnected: Input too long");
        co_return std::nullopt;
    }
    auto line = parser_.take_line();
    auto data = line == "*" ? std::nullopt : decode_base64(line);
    const bool cancelled = line == "*";
    wipe(line);
    if (data) co_return data;
    progress_.aborted = true;
    if (cancelled)
        co_await say(tag + " BAD Authentication aborted by client.");
    else
        co_await bad(tag, "Invalid base64 data in continued response.");
    co_return std::nullopt;
}

boost::asio::awaitable<void> ImapConversation::fail(const std::string& tag, const Failed& failed) {
    if (!failed.user.empty()) fields_.user = failed.user;
    std::string reference;
    progress_.temporary = failed.why == Failure::temporary || failed.why == Failure::expired;
    if (progress_.temporary) {
        // There is no session to name yet: process and attempt are what the client can quote.
        reference = fmt::format("{}:{}", ::getpid(), failed.id);
        log::error("Temporary authentication failure [{}]: {}", reference, failed.reason);
    }
    const bool counts = failed.why == Failure::credentials || failed.why == Failure::malformed;
    if (counts) ++failed_logins_;
    co_await say(tag + " " + imap_failure(failed.why, reference));
    if (failed_logins_ >= failed_logins_max && !over_)
        bye("Too many failed authentication attempts.", "Disconnected: Too many failed authentication attempts");
}

// From here on the client is a user, and is not dropped for anybody. Nobody reads from it any more.
boost::asio::awaitable<void> ImapConversation::hand_over(std::string tag, std::uint32_t auth_id, AuthAnswer answer) {
    ++progress_.successes;
    progress_.temporary = false;
    place_.set_authenticated(true);
    client_->clear_deadline();

    const auto& endpoints = client_->endpoints();
    Handover::Request request;
    request.service = "imap";
    request.auth_id = auth_id;
    request.who = std::get<Succeeded>(std::move(answer.response));
    request.grant = std::move(answer.grant);
    request.offer.head.secured = fields_.secured;
    request.offer.opaque.tag = tag;
    request.offer.opaque.remote_ip = endpoints.remote_ip;
    request.offer.opaque.local_ip = endpoints.local_ip;
    request.offer.opaque.remote_port = endpoints.remote_port;
    request.offer.opaque.local_port = endpoints.local_port;
    request.offer.opaque.pipelined = parser_.take_rest();
    fields_.user = request.who.user;
    fields_.session = request.who.session.text();

    Handover handover(front_, client_, std::move(request));
    const auto outcome = co_await handover.run();
    if (const auto* taken = std::get_if<Taken>(&outcome)) {
        over_ = true;
        write_log(
            "Login", taken->pid, taken->warm ? "warm" : fmt::format("cold({})", protocol::anvil::name(taken->why)));
        client_->give_away();
    } else if (const auto* doubt = std::get_if<InDoubt>(&outcome)) {
        over_ = true;
        write_log(
            "Disconnected: in-doubt: a worker took the login and was silent until login_handover_timeout", doubt->pid);
        client_->give_away();
    } else if (const auto* refused = std::get_if<Refused>(&outcome)) {
        co_await keep(std::move(tag), *refused, handover.take_pipelined(), handover.reason());
    } else {
        end("Disconnected: Client left while it waited for a worker");
    }
}

// Nobody serves it: it reads why, and may try again.
boost::asio::awaitable<void> ImapConversation::keep(
    std::string tag, const Refused& refused, std::string pipelined, std::string why) {
    const auto text = imap_refusal(refused, fields_.session);
    const auto reason =
        refused.why == Refusal::user_limit
            ? fmt::format(
                  "Maximum number of connections from user+IP exceeded (mail_max_userip_connections={})", refused.limit)
            : std::string(name(refused.why));
    write_log(fmt::format("Login refused: {}{}", reason, why.empty() ? "" : " (" + why + ")"));
    fields_.session.clear();
    place_.set_authenticated(false);
    client_->attach();
    client_->set_deadline(std::max(deadline_, Clock::now() + second_chance));
    parser_.feed(pipelined);
    wipe(pipelined);
    co_await say(tag + " " + text);
}

} // namespace hearth::login
