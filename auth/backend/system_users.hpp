// SPDX-License-Identifier: Apache-2.0
// The system's user database (getpwnam_r(3), getgrouplist(3)). These calls may ask LDAP or a hung server: they are for
// the verifier pool's threads only. Thread-safe.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hearth::auth {

struct SystemUser {
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::uint32_t> groups; ///< supplementary ones, the primary one left out
    std::string home;
};

/// Nothing: there is no such user. A sentence: the system couldn't say.
Checked<std::optional<SystemUser>> find_system_user(const std::string& name);

/// A number as it stands there, or the uid of the user of that name.
Checked<std::uint32_t> resolve_uid(const std::string& name_or_number);
/// A number as it stands there, or the gid of the group of that name.
Checked<std::uint32_t> resolve_gid(const std::string& name_or_number);

} // namespace hearth::auth
