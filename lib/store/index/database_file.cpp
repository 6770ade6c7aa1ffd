// SPDX-License-Identifier: Apache-2.0
#include "store/index/database_file.hpp"

#include <cstdio>
#include <ctime>
#include <fcntl.h>

namespace hearth::store {

Result<std::string> owner_fault(Database& database, const IndexOwner& owner) {
    std::string fault = "it has no account";
    const auto read = database.each("SELECT uid, root FROM account", [&](const DatabaseRow& row) {
        fault = row.uid(0) != owner.uid     ? "it is of uid " + std::to_string(row.uid(0))
                : row.text(1) != owner.root ? "it is of the mail in " + std::string(row.text(1))
                                            : "";
    });
    if (!read) return read.error();
    return fault;
}

Result<Stamp> make_database_file(int directory, const std::string& name) {
    auto stamp = stamp_of(directory, name);
    if (!stamp || stamp->exists()) return stamp;
    const UniqueFd made(::openat(directory, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!made) return last_error();
    return stamp;
}

bool is_same_file(int directory, const std::string& name, std::uint64_t inode) {
    const auto stamp = stamp_of(directory, name);
    return stamp && stamp->inode == inode;
}

std::string rename_aside(int directory, const std::string& name) {
    const auto aside = name + ".bad-" + std::to_string(::time(nullptr));
    // The log first: a database without its log is old, one with somebody else's is broken.
    for (const auto* suffix : {"-wal", "-shm", ""})
        ::renameat(directory, (name + suffix).c_str(), directory, (aside + suffix).c_str());
    return aside;
}

} // namespace hearth::store
