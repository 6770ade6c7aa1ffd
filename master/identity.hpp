// SPDX-License-Identifier: Apache-2.0
// Names of users and groups to numbers, remembering all that are missing so that they can be told at once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace hearth::master {

struct UserNumbers {
    uid_t uid = 0;
    gid_t gid = 0; ///< the primary group; for a user given as a number the same number if it isn't in the database
};

class Identities {
public:
    /// `name` is a name or a number. `wanted_by` is for the message, e.g. "service imap-login".
    std::optional<UserNumbers> user(std::string_view name, std::string_view wanted_by);
    std::optional<gid_t> group(std::string_view name, std::string_view wanted_by);

    /// Empty, or what is missing and the commands that make it.
    [[nodiscard]] std::string complaint() const;

private:
    std::map<std::string, std::string, std::less<>> missing_users_, missing_groups_; // name -> wanted by
};

} // namespace hearth::master
