// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "peer_link.hpp"
#include "protocol/anvil.hpp"

#include <functional>
#include <optional>
#include <unordered_map>

namespace hearth::login {

/// Login's conversation with anvil (docs/protocol/anvil.md), all sessions over one stream.
///
/// Anvil's socket is the master's: it takes connections also while no anvil is there. So anvil is down when the
/// stream ends, and also when a lookup isn't answered in time; then one lookup in `probe_interval` is let through to
/// find out, and the others don't wait.
class AnvilClient {
public:
    static constexpr auto probe_interval = std::chrono::milliseconds(500);

    /// A route, or nothing: anvil was lost before it answered.
    using Receiver = std::function<void(std::optional<protocol::anvil::Route>)>;

    AnvilClient(boost::asio::any_io_executor executor, std::string path);
    void start() { link_.start(); }
    void stop() { link_.stop(); }

    /// Asks; fills in the id. Nothing: anvil is down. The receiver is called for each route until one of the calls
    /// below ends the lookup, or with nothing, once.
    std::optional<std::uint32_t> lookup(protocol::anvil::Lookup request, Receiver receiver);
    void none_took(std::uint32_t id);
    /// Lease, slot and place in the queue are void.
    void cancel(std::uint32_t id);
    /// The same, because there was no answer in time.
    void abandon(std::uint32_t id);
    /// The worker's own report counts now.
    void forget(std::uint32_t id) { lookups_.erase(id); }
    void silent(std::uint32_t pid);
    [[nodiscard]] std::size_t open() const { return lookups_.size(); }

private:
    bool on_frame(const net::Frame& frame);
    void on_lost();
    void say(const protocol::anvil::LoginMessage& message) { link_.send(protocol::anvil::encode(message)); }

    PeerLink link_;
    std::unordered_map<std::uint32_t, Receiver> lookups_;
    std::uint32_t last_id_ = 0;
    std::optional<Time> next_probe_; // set: anvil doesn't answer
};

} // namespace hearth::login
