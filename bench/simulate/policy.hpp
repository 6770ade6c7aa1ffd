// SPDX-License-Identifier: Apache-2.0
// Who goes when room is needed: anvil's own code, and what it is compared with.
#pragma once

#include "trace.hpp"

#include <memory>
#include <optional>

namespace hearth::simulate {

/// Each user has one worker at most, so workers are named by their users.
class Policy {
public:
    virtual ~Policy() = default;
    /// A session of the user begins, or ends: said for each visit, whether there is a worker or not.
    virtual void came(std::uint32_t, Time) {}
    virtual void left(std::uint32_t, Time) {}
    /// The user's worker has become idle. Only Belady's optimum looks at `next_visit`.
    virtual void idle(std::uint32_t user, Time now, Time next_visit) = 0;
    /// It is idle no more: it has a session, or was ended.
    virtual void not_idle(std::uint32_t user) = 0;
    /// The idle worker that ends now because of its idle time alone.
    virtual std::optional<std::uint32_t> expired(Time) { return std::nullopt; }
    /// The idle worker that makes room, if any may.
    virtual std::optional<std::uint32_t> victim(Time now) = 0;
};

enum class Rule : std::uint8_t { longest_idle, fixed_time, least_expected, belady };
constexpr int rules = 4;
std::string_view name(Rule rule);
/// The policy for a trace of so many users.
std::unique_ptr<Policy> make_policy(Rule rule, std::uint32_t users);

} // namespace hearth::simulate
