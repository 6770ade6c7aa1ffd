// SPDX-License-Identifier: Apache-2.0
// What index.db and search.db have in common as files.
#pragma once

#include "store/index/database.hpp"

#include <cstdint>
#include <string>

namespace hearth::store {

/// Whose mail an index is of. One that was copied from somebody else, or restored to another place, is noticed.
struct IndexOwner {
    std::uint32_t uid = 0; ///< of the process
    std::string root;      ///< of the mail
};

/// What is wrong with the owner in the table `account`, a sentence for the log; empty: it is this one.
Result<std::string> owner_fault(Database& database, const IndexOwner& owner);

/// Renames a database and its log to `<name>.bad-<time>`, which it returns. The database must be closed.
std::string rename_aside(int directory, const std::string& name);

} // namespace hearth::store
