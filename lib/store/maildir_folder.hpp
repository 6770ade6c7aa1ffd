// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/folder_parts.hpp"
#include "store/maildir/message_file.hpp"
#include "store/rescan.hpp"

#include <optional>

namespace hearth::store {

using Rows = std::vector<MessageRow>;
using Uids = std::vector<std::uint32_t>;

/// One folder of a Maildir++: its files, what the index knows of them, and its rows in memory while somebody needs
/// them. Shared by all sessions that have it open: each has its own view (MaildirMailbox), and a folder knows no
/// session. The index is the truth between looks at the disk; memory follows it (catch_up) and is never written by
/// itself.
class MaildirFolder {
public:
    /// What refresh() brings up to date: counters are enough for STATUS.
    enum class Want { counters, rows };

    MaildirFolder(FolderPlace place, Index& index, Warn warn);

    /// UIDs from `first` up to, not with, `end`.
    struct UidRange {
        std::uint32_t first = 0, end = 0;
        [[nodiscard]] bool empty() const { return first >= end; }
    };
    /// What is \Recent for the session that asked, and for no other from now on.
    struct Recent {
        Uids taken;       ///< lay in new/ since before the index knew of \Recent
        UidRange claimed; ///< nobody has claimed them before
        [[nodiscard]] bool empty() const { return taken.empty() && claimed.empty(); }
    };
    /// Brings index and memory into step with the disk: a few stats when nothing changed. `take_new`, for a session that
    /// may write: moves files from new/ to cur/ and claims what is \Recent. New messages get UIDs on disk before they
    /// are shown; a folder that can't be written shows those that have one (or, without uidlist, numbers them for the
    /// life of the index).
    Result<Recent> refresh(Want want, bool take_new);
    /// Brings memory into step with the index, without a look at the disk. An index that has never seen this mailbox
    /// (the one before failed, or was deleted) is filled first: what isn't in it doesn't exist for anybody.
    Result<void> catch_up(Want want = Want::counters);

    /// Changes whenever rows, counters, UIDVALIDITY or keywords do.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    [[nodiscard]] const MailboxState& state() const { return state_; }
    [[nodiscard]] std::shared_ptr<const Rows> rows() const { return rows_; }
    /// The first row without \Seen; rows().size() when there is none. Costs a walk only over what became \Seen since.
    [[nodiscard]] std::size_t first_unseen();
    /// UIDs of messages in new/, ascending.
    [[nodiscard]] const Uids& fresh() const { return fresh_; }
    [[nodiscard]] const std::vector<std::string>& keywords() const { return parts_.keywords.names(); }
    [[nodiscard]] bool writable() const { return parts_.writable; }
    [[nodiscard]] FolderParts& parts() { return parts_; }
    /// Tells whether the directory that has the name now is the one this was opened with.
    [[nodiscard]] std::uint64_t inode() const { return inode_; }
    [[nodiscard]] std::size_t memory_bytes() const;
    /// Gives rows back; the next refresh reads them from the index.
    void drop_rows();

    Result<std::optional<Placement>> placement(std::uint32_t uid);
    /// The message's file. One that has got another name meanwhile is looked for; then Error::expunged.
    Result<MessageFile> open_file(std::uint32_t uid);

    /// If others have changed cur/ and one of these files isn't where the index says, all names are read, in slices:
    /// to be called before files are changed.
    Result<void> find_all(std::span<const std::uint32_t> uids);
    /// See store.hpp. Class B. `bits` are those of the change's keywords. Error::unfinished, and nothing done, when
    /// memory isn't in step with the index: catch_up() first. When it returns, rows() are as this change left them: what
    /// others did since isn't in them yet.
    Result<FlagOutcome> change_flags(std::span<const std::uint32_t> uids, const FlagChange& change, std::uint64_t bits);
    /// See store.hpp. Class A. `freed` gets the bytes of the files that went.
    Result<Expunged> expunge(std::span<const std::uint32_t> uids, bool only_deleted, std::int64_t& freed);
    /// The bits of these keywords; unknown ones are added if `add`, else left out. Error::limit_reached.
    Result<std::uint64_t> keyword_bits(std::span<const std::string> names, bool add);

    /// Stamps as they are known to be; for OwnChange.
    [[nodiscard]] const MailboxStamps& seen() const { return seen_; }
    /// After own changes of the directories: what is known to be seen. Goes into the index with the next writer.
    void set_seen(const MailboxStamps& seen) { seen_ = seen; }
    /// The next refresh() reads the uidlist, whatever its time says.
    void look_at_uidlist() { seen_.uidlist = {}; }
    /// Own renames happened that aren't durable yet.
    void owe_settling();
    /// Makes renames durable (fsync of cur/), if there were any.
    void settle();

private:
    Result<void> attach();
    Result<void> follow_index();
    void forget();
    Result<void> rescan(const Slice& slice, const FolderLook& look);
    Result<void> take_new_files(const Slice& slice);
    Result<UidRange> claim_recent();
    Result<void> load_rows(const Slice& slice);
    Result<void> bring_rows_up_to(const MailboxState& state);
    Result<void> load_keyword_names();
    Result<void> read_letters(const Stamp& stamp);
    Result<void> apply_letters(MailboxWriter& writer, const std::array<std::int8_t, keyword_letters>& letters);
    Result<void> look_for_names();
    Result<void> remove_expunged(const std::string& path);
    Result<void> sync_removals(std::span<const std::string> paths);
    Result<void> finish_removals(std::span<const std::pair<std::uint32_t, std::string>> files);
    Result<std::optional<Placement>> find_renamed(MailboxWriter& writer, const Placement& before);
    Result<Placement> change_one(MailboxWriter& writer, const Placement& before, const Placement& after);
    void take_own_change(const MailboxState& after, const Rows& changed);
    void unshare_rows(std::size_t more);

    FolderParts parts_;
    std::uint64_t inode_ = 0;
    std::uint64_t generation_ = 0;
    std::uint64_t index_generation_ = 0;
    Index::Version version_; // of the index when memory was brought into step
    MailboxState state_;
    MailboxStamps seen_;   // at least as new as those in the index
    MailboxStamps stored_; // those in the index
    Uids fresh_;
    bool names_known_ = false; // keyword names are those of the index
    static constexpr int rows_not_found_max = 3;
    int rows_not_found_ = 0; // in a row

    std::shared_ptr<Rows> rows_ = std::make_shared<Rows>();
    bool rows_known_ = false;
    std::uint64_t rows_modseq_ = 0;
    std::uint32_t unseen_from_ = 0; // all rows with a lower UID have \Seen
    struct Loading {
        Rows rows;
        std::uint64_t modseq = 0;
        std::uint32_t uidvalidity = 0;
    };
    std::unique_ptr<Loading> loading_;
    std::unique_ptr<Rescan> rescan_;
    std::unique_ptr<NameScan> search_;            // of look_for_names(), within one call
    Uids taken_;                                  // moved out of new/ by slices so far, and \Recent for that
    std::optional<std::int64_t> unsettled_since_; // of the first rename that isn't durable; nanoseconds since 1970
};

} // namespace hearth::store
