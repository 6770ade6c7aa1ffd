// SPDX-License-Identifier: Apache-2.0
// index.db: what a Maildir can't tell fast, or not at all. Everything that others must agree on (UIDs, flags, 26
// keywords) stays in the Maildir and the uidlist; the index remembers what it last saw of them.
#pragma once

#include "base/clock.hpp"
#include "store/index/index_file.hpp"
#include "store/index/mailbox_state.hpp"
#include "store/maildir/mailbox_directories.hpp"
#include "store/store.hpp"

#include <map>

namespace hearth::store {

/// A summary on its way into the index.
struct KeptSummary {
    std::int64_t message = 0;
    int version = 0;
    std::string bytes;     ///< empty: only the size is known
    std::int64_t size = 0; ///< of the message with CRLF line ends
    int digest_version = 0;
    std::string digest = {}; ///< empty: none goes with it
};

/// The index of one account. One connection; all of one process share it. Every call may say Error::busy or
/// Error::unfinished, as the store's do.
class Index {
public:
    /// Tombstones are kept that long.
    static constexpr std::int64_t tombstone_seconds = std::int64_t{30} * 24 * 3600;

    /// So far ahead of the clock modseqs are reserved, in microseconds: a commit waits for the disk so often.
    static constexpr std::uint64_t reserved_ahead = std::uint64_t{3600} * 1000000;
    /// What must be left of it when a transaction begins.
    static constexpr std::uint64_t reserved_left_min = reserved_ahead / 60;

    /// A file that failed is left alone this long, and until the worker is idle; an index in memory serves meanwhile.
    static constexpr std::chrono::minutes failed_for{5};
    /// Damage in one worker's life after which it has its index in memory.
    static constexpr int damages_max = 3;

    /// `directory`: of index.db, made if need be. `in_memory`: don't use a file (INDEX=MEMORY).
    Index(std::string directory, IndexOwner owner, bool in_memory, Warn warn);
    ~Index();

    /// To be called before anything else, and at the begin of each operation: opens the database, and puts another in
    /// the place of one that has failed or was deleted; generation() tells.
    Result<void> ready();
    /// Changes when another database is in use: nothing remembered of the old one counts any more.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    /// Whether what is written survives this process.
    [[nodiscard]] bool is_kept() const { return kept_; }
    [[nodiscard]] const std::string& epoch() const { return epoch_; }
    [[nodiscard]] Database& database() { return *database_; }
    /// Changes when anybody has committed.
    struct Version {
        std::int64_t others = -1;
        std::uint64_t own = 0;
        bool operator==(const Version&) const = default;
    };
    Result<Version> version();
    /// Touched at each commit; empty when the index is in memory.
    [[nodiscard]] std::string bell_path() const { return kept_ ? file_.bell_path() : std::string(); }
    void ring() const {
        if (kept_) file_.ring();
    }
    /// Many rows come in: their pages stay in memory meanwhile.
    void expect_bulk(bool on);
    /// Gives memory back, and does what can wait: a checkpoint, an owed check, old tombstones.
    void went_idle();

    /// A transaction that may take a modseq.
    Result<std::unique_ptr<Transaction>> begin_change(Durability durability);
    /// max(last + 1, microseconds since 1970): rises over a rebuild, and with a clock that is set back, also by a power cut
    /// (docs/store.md, modseq). One per transaction, which begin_change() began.
    Result<std::uint64_t> take_modseq();

    /// The mailbox in this directory, a new row if there is none.
    Result<MailboxState> mailbox(const std::string& directory);
    /// As it is now; id 0 when it is gone.
    Result<MailboxState> mailbox(std::int64_t id);
    Result<std::vector<std::string>> keywords(std::int64_t mailbox);
    /// Special uses given at CREATE, by directory.
    Result<std::map<std::string, std::string>> special_uses();
    Result<void> set_special_use(const std::string& directory, const std::string& use);
    /// What happens on disk at the same time: the index changes only if that succeeds, and nothing happens when the
    /// index is busy.
    using OnDisk = std::function<Result<void>()>;
    Result<void> forget_mailbox(const std::string& directory, const OnDisk& on_disk);
    Result<void> rename_mailboxes(std::span<const DirectoryRename> steps, const OnDisk& on_disk);

    /// Up to `count` rows with UIDs above `after`.
    Result<std::vector<MessageRow>> rows(std::int64_t mailbox, std::uint32_t after, std::size_t count);
    /// Rows that changed after `modseq`, in UID order.
    Result<std::vector<MessageRow>> rows_changed(std::int64_t mailbox, std::uint64_t modseq);
    Result<std::vector<std::uint32_t>> expunged_since(std::int64_t mailbox, std::uint64_t modseq);
    /// UIDs of messages whose file is in new/.
    Result<std::vector<std::uint32_t>> fresh(std::int64_t mailbox);
    /// The UID that the uidlist has for a base name without file.
    Result<std::optional<std::uint32_t>> listed_uid(std::int64_t mailbox, std::string_view base);
    /// The UID of the row with this base name.
    Result<std::optional<std::uint32_t>> uid_of(std::int64_t mailbox, std::string_view base);
    /// How many lines of the uidlist have no file.
    Result<std::int64_t> listed_count(std::int64_t mailbox);
    /// Expunged messages whose file is still to be removed: UID and path.
    Result<std::vector<std::pair<std::uint32_t, std::string>>> owed_removals(std::int64_t mailbox);
    Result<std::optional<Placement>> placement(std::int64_t mailbox, std::uint32_t uid);
    Result<std::vector<Placement>> placements(std::int64_t mailbox, std::uint32_t after, std::size_t count);
    Result<std::optional<MessageRecord>> message(std::int64_t id);

    /// Bytes of the summary of this message and parser version.
    Result<std::optional<std::string>> summary(std::int64_t message, int version);
    Result<void> keep_summaries(std::span<const KeptSummary> summaries);
    /// Digests of this version of the messages whose ids lie in [first, last], with their sizes where these are known.
    using OnDigest =
        std::function<void(std::uint64_t message, std::string_view bytes, std::optional<std::uint64_t> size)>;
    Result<void> digests(std::uint64_t first, std::uint64_t last, int version, const OnDigest& on_digest);

    /// The thread id of a message whose header has these ids (Message-ID first, then the nearest ancestors): that of
    /// the first one that is known. Threads never merge.
    Result<std::string> thread_of(const MessageRecord& message, std::span<const std::string> message_ids);
    Result<std::string> thread_id(std::int64_t thread);

    /// After a commit that failed: sees to it that it isn't found in the log after a crash, when somebody was told that it
    /// didn't happen. The database has failed already.
    void disown_failed_commit();

    /// For `hearth` commands: what SQLite finds wrong with the file; empty: nothing. An unsound one is set aside, and
    /// made anew at the next use.
    Result<std::string> check();
    /// Sets the index aside unseen: it is made anew.
    Result<void> rebuild();

private:
    Result<void> keep_size(std::int64_t message, std::int64_t size);
    Result<void> reserve_modseqs();
    Result<std::uint64_t> read_reserved(const std::string& boot);
    Result<void> use(Result<std::unique_ptr<Database>> database, bool kept);
    Result<void> open_another();
    void report_failure();
    void set_aside(std::string_view reason);

    IndexFile file_;
    IndexOwner owner_;
    bool in_memory_;
    Warn warn_;
    std::unique_ptr<Database> database_;
    std::string epoch_;
    std::uint64_t generation_ = 0;
    bool kept_ = false;
    bool bulk_ = false;
    std::optional<Time> failed_at_; // the file isn't used
    int damages_ = 0;
    bool is_doubtful_ = false; // the log may hold a transaction that failed
    std::uint64_t reserved_ = 0; // no modseq above it has been told since the machine was started; 0: not looked up yet
};

} // namespace hearth::store
