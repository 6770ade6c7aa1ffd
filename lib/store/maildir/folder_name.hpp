// SPDX-License-Identifier: Apache-2.0
// From the name of a mailbox, as a client writes it, to its directory in a Maildir++, and back. Pure: this is where
// names that could lead out of the mail are refused.
#pragma once

#include "store/store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hearth::store {

/// How mailboxes lie below the root: ".Sub.Folder" beside each other, or "Sub/Folder" in each other (LAYOUT=fs).
enum class Layout { maildirpp, fs };

/// The directory below the root: "" for INBOX, ".Sub.Folder" or "Sub/Folder" (modified UTF-7) for others. Nothing for a
/// name that no mailbox can have here: outside the prefix, empty levels, "." and "..", '/', the disk's own separator
/// where that isn't the namespace's, control bytes, not UTF-8, longer than a file name may be; with Layout::fs also
/// levels that begin with a dot, "cur", "new", "tmp", and more than `fs_levels_max` of them.
std::optional<std::string> folder_directory(
    std::string_view name, const Namespace& names, Layout layout = Layout::maildirpp);
constexpr std::size_t fs_levels_max = 32;

/// The mailbox name of a directory of the root; nothing for one that is no folder or whose name no client could write.
std::optional<std::string> mailbox_name(
    std::string_view directory, const Namespace& names, Layout layout = Layout::maildirpp);

/// The name's parents, nearest first: "a/b/c" has "a/b" and "a". The prefix of the namespace is none.
std::vector<std::string> parent_names(std::string_view name, const Namespace& names);

} // namespace hearth::store
