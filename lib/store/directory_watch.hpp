// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"

#include <string>
#include <vector>

namespace hearth::store {

/// An inotify descriptor that becomes readable when files come to, leave or change their name in directories. The
/// system has few of them (fs.inotify.max_user_instances, 128 per uid by default), so it is made for IDLE only.
class DirectoryWatch {
public:
    /// Watches the directories `paths`, and the file `bell` for being touched (empty: there is none); without a
    /// descriptor when the system has none to spare or a directory can't be watched.
    void start(const std::vector<std::string>& paths, const std::string& bell);
    /// -1 when not started.
    [[nodiscard]] int descriptor() const { return fd_.get(); }
    /// Reads what has come, without looking at it.
    void clear() const;

private:
    UniqueFd fd_;
};

} // namespace hearth::store
