// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "connection.hpp"
#include "worker/session.hpp"

#include <boost/asio/steady_timer.hpp>
#include <memory>

namespace hearth::imap {

/// The client of a worker's session. A client that sends nothing for `silence_max` is hung up on; one timer watches
/// that for the whole session, so that a read costs no timer of its own.
class ClientConnection final : public Connection {
public:
    /// RFC 9051 section 5.4 wants 30 minutes at least.
    static constexpr std::chrono::minutes silence_max{30};

    explicit ClientConnection(worker::Session session, std::chrono::milliseconds patience = silence_max);

    asio::awaitable<Result<std::size_t>> read_some(std::span<char> out) override;
    asio::awaitable<Result<void>> write(std::string_view bytes) override;
    asio::awaitable<Wake> wait(int watch, std::chrono::milliseconds timeout) override;

private:
    void watch_for_silence();
    void patience_ended();

    worker::Session session_;
    const std::chrono::milliseconds patience_;
    asio::steady_timer timer_;
    Time heard_at_;
    bool reading_ = false;
    bool silent_ = false;
    /// A timer's handler may be on its way when the connection goes: it looks here first.
    std::shared_ptr<ClientConnection*> self_ = std::make_shared<ClientConnection*>(this);
};

} // namespace hearth::imap
