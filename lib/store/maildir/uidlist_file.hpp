// SPDX-License-Identifier: Apache-2.0
// Reading and writing dovecot-uidlist, the home of UIDVALIDITY, UIDs and GUIDs, beside a live Dovecot 2.3.
#pragma once

#include "store/maildir/disk.hpp"
#include "store/maildir/dotlock.hpp"
#include "store/maildir/uidlist.hpp"
#include "store/maildir/warn.hpp"

#include <span>
#include <string>
#include <vector>

namespace hearth::store {

constexpr const char* uidlist_name = "dovecot-uidlist";

/// The uidlist of one mailbox, in its control directory. Holds no copy of the list: whoever needs it reads it.
class UidlistFile {
public:
    static constexpr std::size_t bytes_max = std::size_t{256} << 20;

    /// `directory`, and `control_root`, where the account's UIDVALIDITY counter is (-1: in `directory`), must outlive
    /// this. `label` names the mailbox in warnings.
    UidlistFile(int directory, std::string label, Warn warn, int control_root = -1)
        : directory_(directory),
          control_root_(control_root < 0 ? directory : control_root),
          label_(std::move(label)),
          warn_(std::move(warn)) {}

    /// How far a reader has come: enough to read later only what was appended since.
    struct Mark {
        Stamp stamp;           ///< zero: nothing was read yet
        std::string header;    ///< first line, with its line end
        std::string last_line; ///< the line that ends at stamp.size; the header when there is no record
        std::uint32_t uidnext = 1;
    };
    struct Reading {
        Uidlist list;
        Stamp stamp; ///< zero: there was no file, or it is damaged
        bool damaged = false;
        bool whole = true; ///< false: `list.records` are only those behind the mark
        Mark mark;         ///< for the next read_since()
    };
    /// Reads the file. No file gives an empty list with uidvalidity 0, and so does a damaged one (it is told to
    /// `warn`).
    Result<Reading> read();
    /// Reads what was appended since `mark`, or the whole file when it is another one by now (`whole` says which).
    /// Costs as much as was appended. Records in front of the mark may have been left out by a compaction meanwhile:
    /// their files are gone.
    Result<Reading> read_since(const Mark& mark);

    /// One try: Error::busy.
    Result<Dotlock> lock() { return Dotlock::acquire(directory_, uidlist_name); }

    /// A message that gets its UID.
    struct Unlisted {
        std::string base;
        std::string extensions = {}; ///< see record_extensions()
    };
    /// Gives the next UIDs to `files`, in this order, and waits until that is on disk; the lock must be held and
    /// `reading` read under it. Appends where it can (one write, one fdatasync); else writes the file anew: when there
    /// is none, after damage (which is set aside as dovecot-uidlist.bad-<time>, with a new UIDVALIDITY), and where
    /// `rewrite` asks for it (to drop records, or to change extensions). On failure nothing is assigned, and `reading`
    /// is as it was. Without files, a list that is whole and on disk is left alone: so a new mailbox gets its
    /// UIDVALIDITY and GUID.
    Result<void> assign(const Dotlock& held, Reading& reading, std::span<const Unlisted> files, bool rewrite);

private:
    Reading damaged(std::string_view text, const Stamp& stamp, const std::string& why);
    Result<void> set_aside();
    Result<void> write(const Dotlock& held, Reading& reading, std::size_t first_new, bool rewrite);

    int directory_;
    int control_root_;
    std::string label_;
    Warn warn_;
    std::uint32_t uidvalidity_seen_ = 0; // a new one must be higher
    Stamp damaged_seen_;                 // told already
};

} // namespace hearth::store
