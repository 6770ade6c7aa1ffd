// SPDX-License-Identifier: Apache-2.0
#include "auth_client.hpp"
#include "base/ensure.hpp"
#include "client.hpp"

namespace hearth::login {

using namespace protocol::auth;

namespace {

AuthAnswer temporary_failure(std::uint32_t id, std::string reason) {
    Failed failed;
    failed.id = id;
    failed.why = Failure::temporary;
    failed.reason = std::move(reason);
    return AuthAnswer{std::move(failed), UniqueFd()};
}

} // namespace

AuthClient::AuthClient(boost::asio::any_io_executor executor, std::string path)
    : link_(std::move(executor), std::move(path),
          PeerLink::Events{[this] {
                               for (auto* waiting : queue_)
                                   waiting->notify();
                           },
              [this](net::Frame frame) { return on_frame(std::move(frame)); }, [this] { on_lost(); }}) {}

void AuthClient::leave_queue(Wakeup& wakeup) {
    queue_.remove(&wakeup);
    ring_next(); // it may have been rung, and left without using it
}

void AuthClient::ring_next() {
    if (is_ready() && !queue_.empty()) queue_.front()->notify();
}

std::uint32_t AuthClient::begin(Begin request, Receiver receiver) {
    ensure(is_ready(), "an authentication was begun without room for it");
    do
        ++last_id_;
    while (last_id_ == 0 || open_.contains(last_id_));
    request.id = last_id_;
    open_.emplace(request.id, std::move(receiver));
    const auto id = request.id;
    say(std::move(request));
    return id;
}

void AuthClient::proceed(std::uint32_t id, std::string data) {
    say(Continue{id, std::move(data)});
}

bool AuthClient::regrant(std::uint32_t id, Receiver receiver) {
    const auto found = open_.find(id);
    if (found == open_.end() || !link_.is_up()) return false;
    found->second = std::move(receiver);
    say(Regrant{id});
    return true;
}

void AuthClient::done(std::uint32_t id) {
    if (open_.erase(id) == 0) return;
    // Nobody waits for it: auth forgets the authentication by itself if nothing follows that takes this along.
    link_.send_later(protocol::auth::encode(Request(Done{id})));
    ring_next();
}

bool AuthClient::on_frame(net::Frame frame) {
    auto response = decode_response(frame.bytes);
    if (!response) return false;
    const bool with_grant = std::holds_alternative<Succeeded>(*response) || std::holds_alternative<Granted>(*response);
    if (with_grant != static_cast<bool>(frame.fd)) return false;
    const auto id = std::visit([](const auto& what) { return what.id; }, *response);
    const auto found = open_.find(id);
    if (found == open_.end()) return true; // ended by us meanwhile; a grant that came is closed unread
    const auto receiver = found->second;   // a copy: it may end the authentication
    receiver(AuthAnswer{std::move(*response), std::move(frame.fd)});
    return true;
}

void AuthClient::on_lost() {
    const auto lost = std::exchange(open_, {});
    for (const auto& [id, receiver] : lost)
        receiver(temporary_failure(id, "connection to auth lost"));
}

Authentication::~Authentication() {
    if (id_ != 0) auth_.done(id_);
}

// In turn, until auth is there and has room. False: not within our patience.
boost::asio::awaitable<bool> Authentication::wait_for_auth() {
    if (auth_.is_ready()) co_return true;
    const auto until = Clock::now() + patience;
    auth_.queue(client_.wakeup());
    while (!auth_.is_ready() && Clock::now() < until && client_.interrupted() == Interrupt::none)
        co_await client_.wakeup().wait(until);
    auth_.leave_queue(client_.wakeup());
    co_return auth_.is_ready();
}

boost::asio::awaitable<std::optional<AuthAnswer>> Authentication::begin(Begin request) {
    if (!co_await wait_for_auth()) co_return temporary_failure(0, "auth can't be reached or is overloaded");
    id_ = auth_.begin(std::move(request), [this](AuthAnswer answered) {
        answer_ = std::move(answered);
        client_.wakeup().notify();
    });
    co_return co_await answer();
}

boost::asio::awaitable<std::optional<AuthAnswer>> Authentication::proceed(std::string data) {
    if (answer_) co_return std::exchange(answer_, std::nullopt); // auth was lost while the client thought
    auth_.proceed(id_, std::move(data));
    co_return co_await answer();
}

boost::asio::awaitable<std::optional<AuthAnswer>> Authentication::answer() {
    while (!answer_) {
        if (client_.interrupted() != Interrupt::none) co_return std::nullopt;
        co_await client_.wakeup().wait();
    }
    co_return std::exchange(answer_, std::nullopt);
}

} // namespace hearth::login
