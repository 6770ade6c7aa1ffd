// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/index/index.hpp"
#include "store/maildir/keyword_table.hpp"
#include "store/maildir/uidlist_file.hpp"

namespace hearth::store {

/// Where a folder's files are.
struct FolderPlace {
    UniqueFd directory;    ///< holds cur/, new/, tmp/
    UniqueFd control;      ///< holds dovecot-uidlist and dovecot-keywords; often the same directory
    std::string path;      ///< of `directory`, for inotify
    std::string label;     ///< the mailbox's name in warnings
    int control_root = -1; ///< where the account's UIDVALIDITY counter is; of the account, outlives this
    std::string key;       ///< what the index knows it by: the directory below the root, "" for INBOX
};

/// What all that works on a folder needs. Belongs to MaildirFolder.
struct FolderParts {
    FolderParts(FolderPlace place_, Index& index_, Warn warn_);

    FolderPlace place;
    Index& index;
    Warn warn;
    UidlistFile uidlist;
    KeywordTable keywords;
    std::int64_t id = 0;  ///< in the index
    bool writable = true; ///< the mail, as far as modes tell
    bool hidden_warned = false;
    bool letters_outdated = false; ///< `keywords` has to be loaded from the index again

    /// Whether `keywords` has the letters that the index has, now that its write lock is held: another process may have
    /// read dovecot-keywords meanwhile, and a letter without a name would be a keyword lost. If not, they are loaded at
    /// the next look at the index; say Error::busy.
    bool knows_letters(const MailboxState& state) {
        letters_outdated = letters_outdated || state.stamps.letters != keywords.letter_numbers();
        return !letters_outdated;
    }

    /// What a file system's error means to a client; those worth it are told to `warn`.
    error_code store_error(const error_code& error, std::string_view doing) const;
};

/// Nanoseconds since 1970.
std::int64_t realtime();
bool is_permission(const error_code& error);

/// What was seen of a mailbox's files at one moment.
struct FolderLook {
    Stamp cur, fresh, uidlist, keywords;
    std::int64_t taken_at = 0; ///< nanoseconds since 1970
};
/// Error::no_such_mailbox without cur/.
Result<FolderLook> look_at(const FolderParts& parts);

/// Whether what was read of cur/ and new/ still holds. A directory that was young when it was read may have changed
/// once more without its time changing (2 s: the coarsest clock of a file system). Our own renames are believed for a
/// while that grows with the mailbox, then it is read again.
bool is_cur_known(const MailboxStamps& seen, const FolderLook& now, std::int64_t messages);
bool is_new_known(const MailboxStamps& seen, const FolderLook& now);

/// Put around own changes of a folder's directories: afterwards their new times count as seen, if the old ones did.
class OwnChange {
public:
    OwnChange(const FolderParts& parts, const MailboxStamps& seen, std::int64_t messages);
    /// The stamps as they are known to be now.
    [[nodiscard]] MailboxStamps finish(MailboxStamps seen) const;

private:
    const FolderParts& parts_;
    bool cur_known_ = false, new_known_ = false;
};

} // namespace hearth::store
