// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/index/database_file.hpp"
#include "store/maildir/warn.hpp"

#include "base/unique_fd.hpp"

namespace hearth::store {

/// The file `<directory>/index.db`: finds out whether what is there can be used, sets it aside when not. Holds a
/// shared lock on `<directory>/lock` while it is open, so that whoever comes first after a crash knows that he is
/// alone.
class IndexFile {
public:
    /// An index above this size is only checked when the worker is idle (check_when_idle).
    static constexpr std::uint64_t checked_at_once_bytes_max = std::uint64_t{32} << 20;

    IndexFile(std::string directory, IndexOwner owner, Warn warn)
        : directory_(std::move(directory)), owner_(std::move(owner)), warn_(std::move(warn)) {}
    ~IndexFile();

    /// Opens the database, a new one if need be. Fails when none can be had; a warning has told why.
    Result<std::unique_ptr<Database>> open();
    /// Renames index.db and its log to index.db.bad-<time>. The database must be closed.
    void set_aside(std::string_view reason);
    /// Whether the file that open() gave is still the one of that name.
    [[nodiscard]] bool is_current() const;
    /// The owed check of a large index after a crash; false: it is damaged.
    bool check_when_idle(Database& database);
    /// Marks the index as cleanly closed, if nobody else has it open.
    void close(std::unique_ptr<Database> database);
    /// Wakes all that watch `bell_path()`: something was committed.
    void ring() const;
    [[nodiscard]] std::string bell_path() const { return hearth_path_ + "/bell"; }

    /// A database of this process with the same tables.
    static Result<std::unique_ptr<Database>> in_memory(const IndexOwner& owner);

private:
    Result<void> open_directory();
    Result<std::unique_ptr<Database>> open_once(bool& unusable, std::string& reason);
    enum class Company { alone, others };
    Result<Company> lock();

    std::string directory_;
    IndexOwner owner_;
    Warn warn_;
    std::string hearth_path_; // real path of the directory
    UniqueFd hearth_, lock_;
    std::uint64_t inode_ = 0;
    bool owes_check_ = false;
};

} // namespace hearth::store
