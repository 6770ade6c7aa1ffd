// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/directory_stream.hpp"

#include "store/maildir/disk.hpp"

#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>

namespace hearth::store {

Result<DirectoryStream> DirectoryStream::open(int at, const std::string& name) {
    auto fd = open_directory(at, name);
    if (!fd) return fd.error();
    auto* stream = ::fdopendir(fd->get());
    if (stream == nullptr) return last_error();
    static_cast<void>(fd->release());
    return DirectoryStream(stream);
}

const dirent* DirectoryStream::next() {
    for (;;) {
        const auto* entry = ::readdir(stream_.get());
        if (entry == nullptr) return nullptr;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") return entry;
    }
}

bool is_directory(int directory, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat status {};
    return ::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

} // namespace hearth::store
