// SPDX-License-Identifier: Apache-2.0
// What index.db and search.db have in common as files.
#pragma once

#include "store/index/database.hpp"
#include "store/maildir/disk.hpp"

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

/// Makes an empty file 0600 where there is none: SQLite would choose another mode. What was there before: its stamp.
Result<Stamp> make_database_file(int directory, const std::string& name);

/// Whether `name` is still the file with that inode.
bool is_same_file(int directory, const std::string& name, std::uint64_t inode);

/// Renames a database and its log to `<name>.bad-<time>`, which it returns. The database must be closed.
std::string rename_aside(int directory, const std::string& name);

} // namespace hearth::store
