// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/index/index_file.hpp"

namespace hearth::store {

/// The file `<directory>/search.db`: opens it, makes it, sets it aside. Everything in it can be had again from the
/// mail, so nothing is checked at open but whose it is: damage shows when it is met, and costs a new file.
class SearchFile {
public:
    SearchFile(std::string directory, IndexOwner owner, Warn warn)
        : directory_(std::move(directory)), owner_(std::move(owner)), warn_(std::move(warn)) {}

    /// Opens the database, a new one if need be; one that can't be used is set aside first. Error::busy: ask again.
    /// Else it can't be had, and a warning has told why.
    Result<std::unique_ptr<Database>> open();
    /// Renames search.db and its log to search.db.bad-<time>. The database must be closed.
    void set_aside(std::string_view reason);
    /// Whether the file that open() gave is still the one of that name.
    [[nodiscard]] bool is_current() const;

private:
    Result<void> open_directory();
    Result<std::unique_ptr<Database>> open_once(std::string& unusable);

    std::string directory_;
    IndexOwner owner_;
    Warn warn_;
    std::string hearth_path_; // real path of the directory
    UniqueFd hearth_;
    std::uint64_t inode_ = 0;
};

} // namespace hearth::store
