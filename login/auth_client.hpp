// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "peer_link.hpp"
#include "protocol/auth.hpp"

#include <functional>
#include <list>
#include <optional>
#include <unordered_map>

namespace hearth::login {

class Client;

struct AuthAnswer {
    protocol::auth::Response response;
    UniqueFd grant; ///< with Succeeded and Granted
};

/// Login's conversation with auth (docs/protocol/auth.md), all clients over one stream. When the stream ends, whoever
/// waits for an answer gets Failed(temporary), never "wrong password".
class AuthClient {
public:
    /// Auth serves so many at a time on one stream; the others wait here.
    static constexpr std::size_t open_max = 256;

    using Receiver = std::function<void(AuthAnswer)>;

    AuthClient(boost::asio::any_io_executor executor, std::string path);
    void start() { link_.start(); }
    void stop() { link_.stop(); }

    /// Connected, and fewer than open_max are open.
    [[nodiscard]] bool is_ready() const { return link_.is_up() && open_.size() < open_max; }
    /// Rung when it may be ready, first come first served; leave_queue() before `wakeup` goes.
    void queue(Wakeup& wakeup) { queue_.push_back(&wakeup); }
    void leave_queue(Wakeup& wakeup);

    /// Fills in the id. Only when is_ready(). The receiver is called for each answer until done().
    std::uint32_t begin(protocol::auth::Begin request, Receiver receiver);
    void proceed(std::uint32_t id, std::string data);
    /// Another grant: Granted or Failed goes to `receiver` from now on. False: auth was lost since, and knows no such
    /// id.
    bool regrant(std::uint32_t id, Receiver receiver);
    /// The authentication is over, whatever its state; its receiver is not called again.
    void done(std::uint32_t id);
    [[nodiscard]] std::size_t open() const { return open_.size(); }

private:
    bool on_frame(net::Frame frame);
    void on_lost();
    void ring_next();
    void say(const protocol::auth::Request& request) { link_.send(protocol::auth::encode(request)); }

    PeerLink link_;
    std::unordered_map<std::uint32_t, Receiver> open_;
    std::list<Wakeup*> queue_;
    std::uint32_t last_id_ = 0; // goes on over reconnects, so an old stream's id means nothing on a new one
};

/// One authentication of one client, from Begin to Done (said by the destructor).
class Authentication {
public:
    /// How long it waits for auth to be there and to have room.
    static constexpr auto patience = std::chrono::seconds(2);

    Authentication(AuthClient& auth, Client& client) : auth_(auth), client_(client) {}
    ~Authentication();
    Authentication(const Authentication&) = delete;
    Authentication& operator=(const Authentication&) = delete;

    /// Nothing: the client was interrupted.
    boost::asio::awaitable<std::optional<AuthAnswer>> begin(protocol::auth::Begin request);
    boost::asio::awaitable<std::optional<AuthAnswer>> proceed(std::string data);
    [[nodiscard]] std::uint32_t id() const { return id_; }

private:
    boost::asio::awaitable<bool> wait_for_auth();
    boost::asio::awaitable<std::optional<AuthAnswer>> answer();

    AuthClient& auth_;
    Client& client_;
    std::uint32_t id_ = 0;
    std::optional<AuthAnswer> answer_;
};

} // namespace hearth::login
