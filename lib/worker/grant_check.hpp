// SPDX-License-Identifier: Apache-2.0
// Is this descriptor a grant of our auth, for us, for somebody we may become? The numbers are those of
// docs/protocol/handover.md and of HEARTH_SKIP_CHECK.
#pragma once

#include "protocol/grant.hpp"
#include "protocol/offer.hpp"
#include "worker/settings.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <variant>

namespace hearth::net {
struct Received;
}

namespace hearth::worker {

struct GrantRules {
    std::string service;          ///< the audience that we are
    uid_t auth_uid = 0;           ///< who makes grants
    std::uint32_t generation = 0; ///< ours
    /// The process becomes the grant's user: its uid and gids must be in range and nobody's of Hearth. Otherwise (a
    /// private instance) the grant must be for the uid that the process has.
    bool managed = false;
    uid_t own_uid = 0;
    IdRange valid_uids, valid_gids;
    std::optional<gid_t> login_gid; ///< an open gate lets it in: no user may have it
};

/// The grant isn't good; the answer says whether it was read (no_grant: it wasn't). The reason is for login and log.
struct Refusal {
    protocol::OfferReply reply{};
    std::string reason;
    /// auth itself says that there is a newer configuration than ours.
    bool outdated = false;
};

/// Check 7: the head, if the record is an offer with exactly two descriptors of which the first is a stream socket.
std::optional<protocol::OfferHead> check_offer(const net::Received& offer);

/// Checks 1 to 6, 10 and 11, in the order in which a hostile sender could do harm. Reading it is the commit: whoever
/// else holds the descriptor finds it empty. Never blocks.
std::variant<protocol::Grant, Refusal> read_grant(int fd, const GrantRules& rules, Time now);

enum class Likeness { same, other_user, other_identity };
/// Checks 8 and 9: may who is `offered` be served by a worker that is `bound` already?
Likeness compare(const protocol::Identity& bound, const protocol::Identity& offered);

} // namespace hearth::worker
