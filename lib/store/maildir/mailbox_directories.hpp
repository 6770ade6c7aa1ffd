// SPDX-License-Identifier: Apache-2.0
// Making, removing, renaming and listing the directories of mailboxes. Names are those of folder_name.hpp ("" is
// INBOX), below one root: the mail's, or that of control files or indexes when these are elsewhere.
#pragma once

#include "base/result.hpp"
#include "store/maildir/folder_name.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::store {

/// An account with more mailboxes isn't listed.
constexpr std::size_t mailboxes_max = 20000;

/// How names of removed mailboxes begin that are still being emptied. In tmp/, because that is the only place where
/// neither layout has mailboxes: Dovecot lists any directory of the root that begins with a dot, whether it has a cur/
/// or not, and under LAYOUT=fs any at all.
constexpr std::string_view hidden_prefix = "tmp/hearth-removed.";

/// Makes the Maildir `directory` below `root`: tmp/, new/, `maildirfolder` (Maildir++, not for INBOX), cur/ last,
/// because that is what makes it one. Durable on return. Error::already_exists when it has a cur/; a half-made one is
/// completed.
Result<void> make_mailbox(int root, const std::string& directory, Layout layout);

/// Takes a mailbox out of sight: renamed, in one step, to a name that no mailbox can have. Durable on return; gives
/// that name for remove_slice(). Under Layout::fs a mailbox with others below it loses cur/, new/, tmp/ and its files
/// only, and stays as a name. ENOENT when there is none.
Result<std::string> hide_mailbox(int root, const std::string& directory, Layout layout);

/// Removes what hide_mailbox() hid, some hundred files at a time: Error::unfinished until all is gone.
Result<void> remove_slice(int root, const std::string& hidden);

/// What hide_mailbox() hid and nobody removed (the process died): for remove_slice().
std::vector<std::string> hidden_mailboxes(int root);

/// The directories of all Maildirs below `root` but INBOX, unsorted. Error::limit_reached above mailboxes_max.
Result<std::vector<std::string>> list_mailboxes(int root, Layout layout);

/// One step of a renaming: a directory name and the one that it gets.
struct DirectoryRename {
    std::string from, to;
};
/// The steps that rename `from` and all mailboxes below it: those below first, so that a renaming that was cut off can
/// be asked for again. With Layout::fs it is one step. Pure but for `directories`, from list_mailboxes() or, for
/// control and index roots, the same plan. Error::bad_name when a new name is too long.
Result<std::vector<DirectoryRename>> plan_rename(
    std::span<const std::string> directories, const std::string& from, const std::string& to, Layout layout);

/// Carries out such steps below `root`, durably. EEXIST and nothing done when one of the targets is there. Steps whose
/// source isn't there are left out (a control directory may not have been made yet). If one fails, those before it are
/// undone.
Result<void> rename_mailboxes(int root, std::span<const DirectoryRename> steps);

} // namespace hearth::store
