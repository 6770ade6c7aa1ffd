// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "store/maildir/folder_name.hpp"

#include <string>
#include <string_view>

namespace hearth::store {

/// What %u, %n, %d, %h and ~ stand for. The name comes from auth and is checked here once more before it becomes part
/// of a path.
struct UserVariables {
    std::string user; ///< %u: "joe@example.com"; %n and %d are its parts
    std::string home; ///< %h and ~; may be empty when the setting doesn't use it
};

/// Where a user's mail is: the setting `mail_location = maildir:PATH[:KEY=VALUE...]` with variables replaced.
struct MailLocation {
    std::string root;                            ///< of the Maildir++; absolute
    std::string inbox;                           ///< INBOX=, else the root
    std::string control;                         ///< CONTROL=, else the root: uidlists, keywords, subscriptions
    std::string index;                           ///< INDEX=, else the root
    std::string subscriptions = "subscriptions"; ///< SUBSCRIPTIONS=: file name below control
    Layout layout = Layout::maildirpp;           ///< LAYOUT=maildir++ or fs
    bool index_in_memory = false;                ///< INDEX=MEMORY

    /// A sentence with the way out for formats and options that aren't served, unknown variables, relative paths, and
    /// user names that would lead out of the path.
    static Checked<MailLocation> parse(std::string_view setting, const UserVariables& variables);
};

} // namespace hearth::store
