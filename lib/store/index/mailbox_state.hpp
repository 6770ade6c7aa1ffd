// SPDX-License-Identifier: Apache-2.0
// What the index knows: rows of its tables as values.
#pragma once

#include "mail/flags.hpp"
#include "store/maildir/keyword_table.hpp"
#include "store/maildir/uidlist_file.hpp"

#include <array>
#include <optional>

namespace hearth::store {

/// What was last seen of a mailbox's files. Plain numbers: kept as they lie in memory.
struct MailboxStamps {
    Stamp cur, fresh, keywords, uidlist;
    std::int64_t scanned_at = 0; ///< when cur/ was read, nanoseconds since 1970
    std::int64_t fresh_at = 0;   ///< when new/ was read
    std::int64_t own_since = 0;  ///< when, since then, we changed cur/ ourselves for the first time; 0: not
    std::array<std::int8_t, keyword_letters> letters{}; ///< 1 + number of the keyword a letter stands for; 0: none
    bool operator==(const MailboxStamps&) const = default;
};

/// A row of `mailbox`. Counters are kept in step by MailboxWriter.
struct MailboxState {
    std::int64_t id = 0; ///< 0: none
    std::string directory, guid, special_use;
    std::uint32_t uidvalidity = 0; ///< 0: never looked at
    std::uint32_t uidnext = 1;
    std::uint64_t modseq = 1, created_modseq = 1, tombstone_floor = 0;
    std::int64_t exists = 0, unseen = 0, deleted = 0, fresh = 0, bytes = 0, deleted_bytes = 0;
    std::int64_t keywords = 0; ///< how many
    std::uint32_t first_recent = 1; ///< from this UID on nobody has claimed \Recent yet
    std::int64_t recent = 0;        ///< how many these are
    MailboxStamps stamps;
    UidlistFile::Mark mark;

    /// Takes over what was seen of directories and uidlist. What letters mean is changed only by who has read
    /// dovecot-keywords: others may know less of it than the index does.
    void saw(const MailboxStamps& seen) {
        const auto before = stamps;
        stamps = seen;
        stamps.letters = before.letters;
        stamps.keywords = before.keywords;
    }
};

/// A row of `placement`: a message in a mailbox, and its file as we last saw or named it.
struct Placement {
    std::uint32_t uid = 0;
    std::int64_t message = 0;
    mail::Flags flags;
    std::uint64_t keywords = 0;
    std::int64_t received = 0;
    std::uint64_t modseq = 0;
    bool fresh = false; ///< in new/
    std::int64_t saved = 0;
    std::string base, info; ///< the file's name up to its colon, and the rest

    [[nodiscard]] std::string name() const { return base + info; }
    [[nodiscard]] std::string path() const { return (fresh ? "new/" : "cur/") + base + info; }
};

/// A row of `message`.
struct MessageRecord {
    std::int64_t id = 0;
    std::string guid, emailid;
    std::int64_t received = 0;
    std::int64_t stored_size = 0;     ///< bytes of the file
    std::optional<std::int64_t> size; ///< with CRLF line ends, once known
    std::int64_t thread = 0;          ///< 0: not looked for yet
};

/// What counters count while a size isn't known: an upper bound of it, for mail as it is (lines longer than 8 bytes).
/// RFC 8438 asks for a bound.
constexpr std::int64_t size_bound(std::int64_t stored_size) {
    return stored_size + stored_size / 8 + 1;
}

} // namespace hearth::store
