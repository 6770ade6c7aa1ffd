// SPDX-License-Identifier: Apache-2.0
// Brings the index into step with the directories and the uidlist, in slices. What it read may be old when it comes to
// be written, so each difference is looked at once more, on disk and in the index, within the transaction that applies
// it: nobody of ours renames a file without holding the index's write lock.
#pragma once

#include "store/folder_parts.hpp"
#include "store/maildir/file_name.hpp"
#include "store/name_scan.hpp"

#include <unordered_map>

namespace hearth::store {

class MailboxWriter;

class Rescan {
public:
    /// `look` is what the directories were before. `only_new`: cur/ is known already.
    Rescan(FolderParts& parts, const MailboxState& state, const MailboxStamps& seen, const FolderLook& look,
        bool only_new);

    ~Rescan() { parts_.index.expect_bulk(false); }
    Rescan(const Rescan&) = delete;
    Rescan& operator=(const Rescan&) = delete;

    /// Works on; Error::unfinished until all is done.
    Result<void> work(const Slice& slice);
    /// What was seen, when it is done.
    [[nodiscard]] const MailboxStamps& seen() const { return seen_; }

private:
    enum class Step { begin, names, compare, list, assign, apply, done };
    struct Unlisted {
        const FoundName* file;
        UidlistRecord record; // uid 0: none yet
        Arrival arrival;
    };

    Result<void> work_on_step(const Slice& slice);
    Result<void> begin();
    Result<void> look_again();
    Result<void> compare(const Slice& slice);
    Result<void> read_list();
    Result<void> find_new();
    Result<void> find_listed();
    Result<void> assign();
    Result<void> take_reading(UidlistFile::Reading fresh);
    enum class Reading { complete, early };
    Result<Reading> was_read_early();
    Result<std::optional<std::int64_t>> has_many_dead_lines();
    Result<void> compact(UidlistFile::Reading& reading);
    Result<void> number_in_memory();
    Result<void> apply(const Slice& slice);
    void take_stamps();
    void store_seen(MailboxState& state);
    Result<void> list_without_file(MailboxWriter& writer, const UidlistRecord& record);
    Result<void> apply_change(MailboxWriter& writer, std::uint32_t uid);
    Result<void> find_out_whether_empty(MailboxWriter& writer);
    enum class Way { free, blocked };
    Result<Way> make_way(MailboxWriter& writer, const Unlisted& added, const std::string& path);
    Result<void> apply_new(MailboxWriter& writer, const Unlisted& added);
    Result<Progress> apply_some(MailboxWriter& writer, const Slice& slice);
    [[nodiscard]] bool is_there(bool fresh, const std::string& name) const;

    FolderParts& parts_;
    MailboxState state_; // as it was at the begin
    MailboxStamps seen_;
    FolderLook look_;
    bool only_new_;
    Step step_ = Step::begin;
    NameScan scan_;
    std::uint32_t compared_ = 0; // UIDs up to this are compared
    bool looked_twice_ = false, looked_for_late_ = false;
    std::vector<std::uint32_t> changed_, missing_; // UIDs
    UidlistFile::Reading reading_;
    bool list_read_ = false, reset_ = false, hidden_ = false, dead_known_ = false;
    std::vector<Unlisted> new_;  // in order of arrival, at last in that of UIDs
    std::size_t considered_ = 0; // of new_, by assign()
    bool listed_asked_ = false;
    std::uint64_t written_modseq_ = 0; // of the last transaction; 0: none yet
    bool is_first_ = false;            // nothing was known of the mailbox
    bool only_ours_ = false;           // all rows of the mailbox are of this rescan
    std::vector<UidlistRecord> dead_;  // lines without file
    std::size_t applied_changes_ = 0, applied_missing_ = 0, applied_new_ = 0, applied_dead_ = 0;
};

/// Below the mailbox's directory.
inline std::string path_in_maildir(bool fresh, const std::string& name) {
    return (fresh ? "new/" : "cur/") + name;
}

/// The flags and keywords of a message whose file was found with another name: what somebody else changed in the name
/// is changed, all else stays (docs/store.md). `before` gets the new name.
Placement with_foreign_name(const Placement& before, const std::string& name, bool fresh, const KeywordTable& keywords);

} // namespace hearth::store
