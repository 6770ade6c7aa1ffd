// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

namespace hearth::store {

/// Why the store could not do it. Each maps to a response code of RFC 5530 in imap/.
enum class Error {
    no_such_mailbox = 1, ///< NONEXISTENT
    not_selectable,      ///< a name with children only: \Noselect
    expunged,            ///< the message is gone: EXPUNGEISSUED
    in_use,              ///< another process holds the lock too long: INUSE
    corrupt,             ///< the store needs an administrator; details are logged: CORRUPTION
    unavailable,         ///< the file system failed: UNAVAILABLE
    not_permitted,       ///< file modes forbid: NOPERM
    busy,                ///< another process writes right now: ask again soon, then INUSE
    unfinished,          ///< part of the work is done: ask again at once
    already_exists,      ///< ALREADYEXISTS
    has_children,        ///< HASCHILDREN
    bad_name,            ///< no mailbox can have this name here: CANNOT
    over_quota,          ///< the user's quota, or the disk, is full: OVERQUOTA
    too_big,             ///< a message above the limit: TOOBIG (RFC 7889)
    limit_reached,       ///< keywords of a mailbox, mailboxes of an account: LIMIT
    unsupported,         ///< this store can't: CANNOT
};
const boost::system::error_category& error_category();
inline error_code make_error_code(Error e) {
    return {static_cast<int>(e), error_category()};
}

} // namespace hearth::store

template <> struct boost::system::is_error_code_enum<hearth::store::Error> : std::true_type {};
