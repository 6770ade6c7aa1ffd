// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/scan.hpp"

#include "base/unique_fd.hpp"
#include "store/maildir/file_name.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>

namespace hearth::store {
namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

} // namespace

Result<void> MaildirScan::add(int new_directory, int cur_directory) {
    if (auto done = add_directory(new_directory, true); !done) return done;
    return add_directory(cur_directory, false);
}

Result<void> MaildirScan::add_directory(int directory, bool is_new) {
    // An own open file description: the position in the directory is shared with duplicates.
    UniqueFd fd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return last_error();
    const std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(fd.get()));
    if (!stream) return last_error();
    static_cast<void>(fd.release());
    for (;;) {
        errno = 0;
        const auto* entry = ::readdir(stream.get());
        if (entry == nullptr && errno != 0) return last_error();
        if (entry == nullptr) return {};
        const std::string_view name = entry->d_name;
        if (!is_message_name(name) || (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)) continue;
        const auto [at, added] = by_base_.try_emplace(std::string(parse_maildir_name(name).base), files_.size());
        if (!added) {
            files_[at->second] = {std::string(name), is_new};
        } else if (files_.size() < files_max) {
            files_.push_back({std::string(name), is_new});
        } else {
            by_base_.erase(at);
            truncated_ = true;
        }
    }
}

const FoundFile* MaildirScan::find(std::string_view base) const {
    const auto at = by_base_.find(std::string(base));
    return at == by_base_.end() ? nullptr : &files_[at->second];
}

} // namespace hearth::store
