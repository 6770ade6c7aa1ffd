// SPDX-License-Identifier: Apache-2.0
#include "store/name_scan.hpp"

#include "store/error.hpp"
#include "store/maildir/disk.hpp"
#include "store/maildir/file_name.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace hearth::store {
namespace {

// How many names are read between two looks at the clock.
constexpr int batch = 256;

} // namespace

void NameScan::CloseDirectory::operator()(__dirstream* directory) const {
    ::closedir(directory);
}

Result<void> NameScan::begin(int maildir, bool with_cur) {
    const auto open = [&](const char* name, Directory& directory) -> Result<void> {
        auto fd = open_directory(maildir, name);
        if (!fd) return fd.error();
        directory.reset(::fdopendir(fd->get()));
        if (!directory) return last_error();
        static_cast<void>(fd->release());
        return {};
    };
    auto opened = open("new", fresh_);
    if (!opened && opened.error() == boost::system::errc::no_such_file_or_directory &&
        ::mkdirat(maildir, "new", 0700) == 0)
        opened = open("new", fresh_);
    if (!opened || !with_cur) return opened;
    return open("cur", cur_);
}

Result<void> NameScan::read(const Slice& slice) {
    while (fresh_ || cur_) {
        auto& directory = fresh_ ? fresh_ : cur_;
        for (int i = 0; i < batch; ++i) {
            errno = 0;
            const auto* entry = ::readdir(directory.get());
            if (entry == nullptr && errno != 0) return last_error();
            if (entry == nullptr) {
                directory.reset();
                break;
            }
            if (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) take(entry->d_name, directory == fresh_);
        }
        if ((fresh_ || cur_) && slice.is_over()) return Error::unfinished;
    }
    return {};
}

void NameScan::take(std::string_view name, bool fresh) {
    if (!is_message_name(name)) return;
    const auto base = name.substr(0, name.find(':'));
    std::uint32_t uid = 0;
    const auto known = by_base_.find(base);
    if (known != by_base_.end()) {
        auto& before = names_[known->second];
        if (before.name == name && before.fresh == fresh) return;
        by_base_.erase(known);
        before.name.clear();
        uid = before.uid;
    } else if (by_base_.size() >= files_max) {
        truncated_ = true;
        return;
    }
    names_.push_back({std::string(name), fresh, uid});
    by_base_.emplace(std::string_view(names_.back().name).substr(0, base.size()), names_.size() - 1);
}

FoundName* NameScan::find(std::string_view base) {
    const auto at = by_base_.find(base);
    return at == by_base_.end() ? nullptr : &names_[at->second];
}

} // namespace hearth::store
