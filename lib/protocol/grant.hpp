// SPDX-License-Identifier: Apache-2.0
// The grant (docs/protocol/grant.md): what auth writes, once, into a socketpair whose other end travels with the client
// to the worker. Reading it is the commit of a handover.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "protocol/wire.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hearth::protocol {

using IdentityHash = std::array<std::uint8_t, 16>; ///< names an identity without telling it
using Tag = std::array<std::uint8_t, 32>;          ///< HMAC-SHA256(K, service and identity)
using Key = std::array<std::uint8_t, 32>;          ///< K: master gives it to auth and anvil only

/// Everything that decides which worker may serve: two logins share a worker only if all of this is equal.
struct Identity {
    std::string user;                ///< canonical, as auth says it; never as the client typed it
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::uint32_t> groups;
    std::string home;
    std::string mail_location;       ///< empty: the service's setting
    /// Scope and limits that came with this login (master user, limited scope, quota, ...), sorted by key.
    std::vector<std::pair<std::string, std::string>> policy;
    bool operator==(const Identity&) const = default;
};

struct Grant {
    std::string service;             ///< the audience, e.g. "imap"
    Identity identity;
    SessionId session;
    std::uint32_t generation = 0;    ///< of the configuration auth runs with
    Time expires{};
    Tag tag{};
};

constexpr std::size_t grant_bytes_max = 16 * 1024;
constexpr auto grant_lifetime = std::chrono::seconds(30);

std::string encode(const Grant& grant);
std::optional<Grant> decode_grant(std::string_view record);

/// SHA-256 over service and identity, cut to 16 bytes.
IdentityHash identity_hash(std::string_view service, const Identity& identity);
Tag identity_tag(const Key& key, std::string_view service, const IdentityHash& hash, std::string_view user);
/// In constant time.
bool equal_tags(const Tag& a, const Tag& b);

} // namespace hearth::protocol
