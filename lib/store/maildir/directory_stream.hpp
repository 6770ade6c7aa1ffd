// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <dirent.h>
#include <memory>
#include <string>

namespace hearth::store {

/// The entries of a directory, one after the other, without "." and "..".
class DirectoryStream {
public:
    /// Opens `name` below `at` by itself: the position is shared with nobody.
    static Result<DirectoryStream> open(int at, const std::string& name);

    /// The next entry, null at the end or when the rest can't be read. Valid until the next call.
    const dirent* next();
    [[nodiscard]] int descriptor() const { return ::dirfd(stream_.get()); }

private:
    struct Close {
        void operator()(DIR* stream) const { ::closedir(stream); }
    };
    explicit DirectoryStream(DIR* stream) : stream_(stream) {}
    std::unique_ptr<DIR, Close> stream_;
};

/// Whether an entry of `directory` is a directory itself (a symbolic link is none).
bool is_directory(int directory, const dirent& entry);

} // namespace hearth::store
