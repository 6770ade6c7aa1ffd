// SPDX-License-Identifier: Apache-2.0
// From what the databases said to who the user is, or why he may not come in. Pure.
#pragma once

#include "fields.hpp"
#include "protocol/auth.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hearth::auth {

/// Why somebody isn't let in.
struct Refusal {
    protocol::auth::Failure why{};
    std::string reason; ///< for auth's own log; may tell an unknown user from a wrong password
};

/// What auth itself runs as, and the settings that bound the users' ids.
struct Instance {
    bool managed = false;                                    ///< the master is root: users have ids of their own
    std::uint32_t uid = 0, gid = 0;                          ///< auth's own; in a private instance everybody's
    std::uint32_t first_valid_uid = 500, last_valid_uid = 0; ///< 0: no upper bound
    std::uint32_t first_valid_gid = 1, last_valid_gid = 0;
};

/// What the userdbs gave, names resolved.
struct UserRecord {
    std::string user; ///< canonical
    std::optional<std::uint32_t> uid, gid;
    std::vector<std::uint32_t> groups;
    Fields fields; ///< home, mail, and whatever else the userdb says; uid and gid in it are not looked at
};

/// Refuses ids out of range and uid 0 (disabled), and what can't be put into a grant (temporary: the administrator has
/// to act). In a private instance everybody is auth's own uid; a userdb that says another one is refused as temporary.
/// Groups out of range are left out. Fields that aren't known here become policy.
std::variant<protocol::Identity, Refusal> make_identity(const UserRecord& record, const Instance& instance);

/// May somebody with these passdb fields log in here now? Honours allow_nets, allow_real_nets and nologin; refuses
/// fields that mean something Hearth doesn't do (proxy, host, user, ...). As in Dovecot such a field counts whatever
/// its value is.
std::optional<Refusal> refuse_by_fields(const Fields& passdb_fields, std::string_view remote_ip);

/// The part of it that counts as a wrong password: allow_nets.
std::optional<Refusal> refuse_by_network(const Fields& passdb_fields, std::string_view remote_ip);

} // namespace hearth::auth
