// SPDX-License-Identifier: Apache-2.0
// The file operations that the store is made of. All go through a directory descriptor, follow no symbolic link below
// it, and can't leave it. Errors are those of the kernel (errno).
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace hearth::store {

/// What tells one version of a file or directory from another. All zero: there is none.
struct Stamp {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t modified = 0; ///< nanoseconds since 1970
    [[nodiscard]] bool exists() const { return inode != 0; }
    bool operator==(const Stamp&) const = default;
};

/// Opens the directory `name` below `at`: no symbolic links, no "..".
Result<UniqueFd> open_directory(int at, const std::string& name);

/// Opens an absolute path as the administrator wrote it: symbolic links are followed.
Result<UniqueFd> open_root(const std::string& path);

/// `path` without symbolic links, for a library that opens by path and follows none.
Result<std::string> real_path(const std::string& path);

/// Makes the directory `path` and its missing parents, mode 0700.
Result<void> make_directories(const std::string& path);

/// The stamp of `name`; `{}` when there is none.
Result<Stamp> stamp_of(int at, const std::string& name);

/// Whether there is a `name` (false also when that can't be found out).
bool exists(int at, const std::string& name);

/// The whole regular file `name`, at most `bytes_max` bytes (else EFBIG). Never waits, whatever kind of file it is.
Result<std::string> read_file(int at, const std::string& name, std::size_t bytes_max, Stamp* stamp = nullptr);

/// Opens the regular file `name` for reading (else EINVAL), following no link. Never waits, whatever kind of file it
/// is.
Result<UniqueFd> open_file(int at, const std::string& name, Stamp* stamp = nullptr);

/// The bytes [offset, offset + count) of an open file, fewer at its end.
Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t count);

/// The first `count` bytes of the regular file `name`, or less if it has less.
Result<std::string> read_start(int at, const std::string& name, std::size_t count);

/// Puts a new file in the place of `name`, all or nothing: temporary file, fsync, rename, fsync of the directory.
Result<void> replace_file(int at, const std::string& name, std::string_view text, mode_t mode);

/// Adds `text` to the file `name` that has the inode `inode` (else ESTALE), and waits until it is on disk. On failure
/// the file is as long as it was.
Result<void> append_to_file(int at, const std::string& name, std::uint64_t inode, std::string_view text);

/// Waits until the names in the directory `name` below `at` ("." for itself) are on disk as they are now.
Result<void> sync_directory(int at, const std::string& name);

/// Removes the file `name`.
Result<void> remove_file(int at, const std::string& name);

/// Renames between directories without replacing anything: EEXIST when `to` is there.
Result<void> rename_new(int from_at, const std::string& from, int to_at, const std::string& to);

} // namespace hearth::store
