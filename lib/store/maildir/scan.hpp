// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hearth::store {

/// A file in cur/ or new/.
struct FoundFile {
    std::string name;
    bool in_new = false;
};

/// The messages of a Maildir as its two directories list them, one file for each base name.
class MaildirScan {
public:
    /// More files than this are left out, and `truncated` says so.
    static constexpr std::size_t files_max = 4000000;

    /// Reads new/, then cur/, in the order in which a file travels; a file seen in both counts as in cur/. Adds to what
    /// an earlier scan found: a rename during one may hide a file from it, but hardly from two in a row.
    Result<void> add(int new_directory, int cur_directory);

    [[nodiscard]] const std::vector<FoundFile>& files() const { return files_; }
    /// The index in files() of a base name, or nothing.
    [[nodiscard]] const FoundFile* find(std::string_view base) const;
    [[nodiscard]] bool truncated() const { return truncated_; }

private:
    Result<void> add_directory(int directory, bool is_new);

    std::vector<FoundFile> files_;
    std::unordered_map<std::string, std::size_t> by_base_;
    bool truncated_ = false;
};

} // namespace hearth::store
