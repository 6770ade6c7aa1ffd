// SPDX-License-Identifier: Apache-2.0
// What one login process has under way with auth: ids, bounds and lifetimes. Pure.
#pragma once

#include "authenticator.hpp"
#include "base/clock.hpp"
#include "base/id.hpp"
#include "protocol/auth.hpp"
#include "sasl.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

namespace hearth::auth {

/// Per stream, finished ones included (docs/protocol/auth.md).
constexpr std::size_t open_authentications_max = 256;
/// How long an exchange may take until its credentials are complete, and their check.
constexpr auto exchange_lifetime = std::chrono::seconds(180);

struct Authentication {
    std::uint64_t serial = 0; ///< tells it from a later one with the same id
    Attempt attempt;
    std::unique_ptr<SaslExchange> exchange;     ///< null once the credentials are complete
    std::optional<protocol::Identity> identity; ///< once it succeeded
    SessionId session;
    int grants = 0; ///< given out for it
    Time until{};
};

class OpenAuthentications {
public:
    enum class Refusal { duplicate, full };

    /// A new one. Duplicate: the id is in use, which no honest login does. The reference is good until the next call.
    boost::system::result<Authentication*, Refusal> begin(std::uint32_t id, Time now);

    /// Null when there is none, or when its time is over.
    Authentication* find(std::uint32_t id, Time now);
    /// As find(), for the one that had this serial number.
    Authentication* find(std::uint32_t id, std::uint64_t serial, Time now);

    /// It succeeded: kept for protocol::auth::finished_lifetime.
    void finish(Authentication& authentication, protocol::Identity identity, const SessionId& session, Time now);

    /// May it have one more grant? Counts it if so.
    Authentication* take_grant(std::uint32_t id, Time now);

    void end(std::uint32_t id);
    [[nodiscard]] std::size_t size() const { return open_.size(); }

    /// Each open one has a lifetime, finished ones have no exchange left, nobody has too many grants.
    void verify_invariants() const;

private:
    void expire(Time now);

    std::map<std::uint32_t, Authentication> open_;
    std::uint64_t next_serial_ = 1;
};

} // namespace hearth::auth
