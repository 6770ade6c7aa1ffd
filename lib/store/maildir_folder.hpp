// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/maildir/keyword_table.hpp"
#include "store/maildir/scan.hpp"
#include "store/store.hpp"
#include "store/maildir/uidlist_file.hpp"

#include <optional>

namespace hearth::store {

using Rows = std::vector<MessageRow>;

/// Where a folder's files are.
struct FolderPlace {
    UniqueFd directory; ///< holds cur/, new/, tmp/
    UniqueFd control;   ///< holds dovecot-uidlist and dovecot-keywords; often the same directory
    std::string path;   ///< of `directory`, for inotify
    std::string label;  ///< the mailbox's name in warnings
};

/// One folder of a Maildir++ as it is on disk, kept in memory between looks. Shared by all sessions that have it open:
/// each has its own view (MaildirMailbox), and a folder knows no session. Rows here are `recent` when their file is in
/// new/. Opening a folder reads nothing; refresh() does.
class MaildirFolder {
public:
    /// A larger message isn't read at all.
    static constexpr std::size_t message_bytes_max = std::size_t{256} << 20;

    MaildirFolder(FolderPlace place, Warn warn);

    /// Brings rows and UIDs up to date: a few stats when nothing changed. `take_new` moves files from new/ to cur/; the
    /// result has their UIDs. New messages get UIDs on disk before they are shown; a folder that can't be written shows
    /// those that have one (or, without uidlist, numbers them for the life of this object).
    Result<std::vector<std::uint32_t>> refresh(bool take_new);

    /// Changes whenever rows, UIDVALIDITY or keywords do.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    [[nodiscard]] std::shared_ptr<const Rows> rows() const { return rows_; }
    [[nodiscard]] std::uint32_t uidvalidity() const { return uidvalidity_; }
    [[nodiscard]] std::uint32_t uidnext() const { return uidnext_; }
    [[nodiscard]] const std::vector<std::string>& keywords() const { return keywords_.names(); }
    [[nodiscard]] bool writable() const { return writable_; }
    [[nodiscard]] const std::string& path() const { return place_.path; }
    [[nodiscard]] const std::string& label() const { return place_.label; }
    [[nodiscard]] const Warn& warn() const { return warn_; }
    /// Tells whether the directory that has the name now is the one this was opened with.
    [[nodiscard]] std::uint64_t inode() const { return inode_; }
    [[nodiscard]] std::size_t memory_bytes() const;

    /// The file's bytes as stored. A file that has got another name meanwhile is looked for once; then Error::expunged.
    Result<std::string> read(std::uint32_t uid);
    /// The first `count` bytes of it.
    Result<std::string> read_start(std::uint32_t uid, std::size_t count);
    /// RFC822.SIZE as name, uidlist or an earlier remember_size tell it.
    [[nodiscard]] std::optional<std::uint64_t> known_size(std::uint32_t uid) const;
    void remember_size(std::uint32_t uid, std::uint64_t size);

    /// Sets \Seen in names and rows. Gives the UIDs whose file wasn't where it was: refresh, then try again.
    Result<std::vector<std::uint32_t>> set_seen(std::span<const std::uint32_t> uids);
    /// Makes renames durable (fsync of cur/), if there were any.
    void settle();

private:
    struct File {
        std::string name;
        std::uint32_t letters = 0; // keyword letters in the name
        bool in_new = false;
        std::optional<std::uint64_t> size;
    };
    struct Stamps {
        Stamp cur, fresh, uidlist, keywords;
        std::int64_t taken_at = 0; // nanoseconds since 1970
    };

    Result<Stamps> look() const;
    [[nodiscard]] bool is_trusted(const Stamps& now) const;
    void read_keywords();
    Result<void> rescan(const Stamps& now);
    Result<void> scan_directories(MaildirScan& scan) const;
    [[nodiscard]] bool misses_files(const MaildirScan& scan) const;
    Result<UidlistFile::Reading> listed(MaildirScan& scan);
    Result<void> list_new_files(UidlistFile::Reading& reading, MaildirScan& scan);
    void number_in_memory(Uidlist& list, const MaildirScan& scan);
    void build(const Uidlist& list, const MaildirScan& scan);
    void show(Rows rows, std::vector<File> files, const Uidlist& list);
    Result<std::vector<std::uint32_t>> take_new_files();
    [[nodiscard]] std::optional<std::size_t> index_of(std::uint32_t uid) const;
    Rows& changeable_rows();
    Result<std::string> read_with(
        std::uint32_t uid, const std::function<Result<std::string>(const std::string&)>& reader);
    error_code store_error(const error_code& error, std::string_view doing) const;

    FolderPlace place_;
    Warn warn_;
    UidlistFile uidlist_;
    std::uint64_t inode_ = 0;
    bool writable_ = true;
    bool hidden_warned_ = false;

    KeywordTable keywords_;
    std::shared_ptr<Rows> rows_ = std::make_shared<Rows>();
    std::vector<File> files_; // parallel to rows_
    std::uint32_t uidvalidity_ = 0, uidnext_ = 1;
    std::uint64_t generation_ = 0;
    Stamps seen_;                                 // when files_ was read
    std::size_t new_count_ = 0;                   // files in new/
    std::optional<Uidlist> in_memory_;            // of a folder that has no uidlist and can't be written
    std::optional<std::int64_t> unsettled_since_; // of the first rename that isn't durable; nanoseconds since 1970
};

} // namespace hearth::store
