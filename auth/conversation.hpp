// SPDX-License-Identifier: Apache-2.0
// One login process's stream (docs/protocol/auth.md). Login is hostile: an id means something on its own stream only,
// everything is bounded, and what isn't a message of the protocol ends the stream.
#pragma once

#include "authenticator.hpp"
#include "grant_maker.hpp"
#include "log_limit.hpp"
#include "net/frame_stream.hpp"
#include "open_authentications.hpp"
#include "protocol/auth.hpp"
#include "settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

namespace hearth::auth {

/// Owned by its coroutines (make_shared). What it refers to must outlive them.
class Conversation : public std::enable_shared_from_this<Conversation> {
public:
    Conversation(boost::asio::any_io_executor executor, UniqueFd socket, const Settings& settings,
        Authenticator& authenticator, const GrantMaker& grants);

    /// Serves until the stream ends, and keeps it alive for as long. Checks that are still running then are answered to
    /// nobody.
    static boost::asio::awaitable<void> run(std::shared_ptr<Conversation> self);

private:
    bool take(protocol::auth::Request request);
    bool on(protocol::auth::Begin& begin);
    bool on(protocol::auth::Continue& proceed);
    bool on(protocol::auth::Done& done);
    bool on(protocol::auth::Regrant& regrant);

    void step(std::uint32_t id, Authentication& authentication, SaslStep next);
    boost::asio::awaitable<void> check(std::shared_ptr<Conversation> self, std::uint32_t id, std::uint64_t serial,
        Attempt attempt, Credentials credentials);
    void succeed(std::uint32_t id, Authentication& authentication, protocol::Identity identity);
    void fail(std::uint32_t id, const Attempt& attempt, const Refused& refused);
    void say(const protocol::auth::Response& response, UniqueFd fd = {});
    [[nodiscard]] bool may_send_passwords(const protocol::auth::Begin& begin) const;

    boost::asio::any_io_executor executor_;
    net::FrameStream stream_;
    const Settings& settings_;
    Authenticator& authenticator_;
    const GrantMaker& grants_;
    OpenAuthentications open_;
    LogLimit log_limit_;
};

} // namespace hearth::auth
