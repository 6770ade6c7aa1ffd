// SPDX-License-Identifier: Apache-2.0
// What a power cut takes back: the bytes of a file since its last fsync, and the names of a directory since its. The
// worst that POSIX allows at one moment: everything that isn't durable is lost, nothing that is.
#pragma once

#include <cstddef>
#include <string>
#include <sys/types.h>

namespace crash {

/// In front of a write of `size` bytes at `offset` (-1: where the descriptor stands), or a change of the size.
void before_write(int fd, off_t offset, std::size_t size);
void before_truncate(int fd, off_t size);

/// Behind a change of names.
void created(const std::string& path);
void renamed(const std::string& from, const std::string& to, const std::string& replaced);
void removed(const std::string& path, const std::string& kept);
/// Keeps a second name for the file `path`, outside of what is watched, so that its removal can be undone. Empty: there
/// is none.
std::string keep(const std::string& path);

/// Behind an fsync of a file or a directory.
void synced(int fd, const std::string& path);

/// Behind an fsync of a file that failed: a later one doesn't make durable what this one was for.
void lost(int fd);

/// The power cut.
void undo_all();

} // namespace crash
