// SPDX-License-Identifier: Apache-2.0
// The passwd-files on disk, read again when they change. Reading is the only thing here: passwd_file.hpp understands
// them. Used from the event loop: local files, one stat() a look-up: what an administrator
// changed counts from the next login on.
#pragma once

#include "base/clock.hpp"
#include "passwd_file.hpp"

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/stat.h>

namespace hearth::auth {

class PasswdFiles {
public:
    /// How many files are kept parsed: a path may hold %d, and who types domains is anybody.
    static constexpr std::size_t files_max = 64;

    /// The file's entries as they are now; null when there is no such file; a sentence when it can't
    /// be read. The pointer is good as long as you hold it, also over a change of the file.
    Checked<std::shared_ptr<const PasswdFile>> get(const std::string& path, Time now);

    /// The user's entry; nothing when it isn't there, or when a file whose path holds %variables doesn't exist (a
    /// domain that isn't ours). Extra fields come as they are written, with their %variables.
    Checked<std::optional<PasswdEntry>> find(
        const std::string& path_format, const std::string& username_format, const Variables& variables, Time now);

private:
    struct Stamp {
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        timespec modified{}, changed{};
        bool operator==(const Stamp& other) const;
    };
    struct Loaded {
        std::shared_ptr<const PasswdFile> file;
        Stamp stamp;
        bool settled =
            false; ///< false: changed so shortly before it was read that its times may not show the next change
        Time used{};
    };
    Checked<std::shared_ptr<const PasswdFile>> load(const std::string& path, Time now);

    static Stamp stamp_of(const struct stat& status);

    std::map<std::string, Loaded> files_;
};

} // namespace hearth::auth
