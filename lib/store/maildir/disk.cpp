// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/disk.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hearth::store {
namespace {

// For a kernel or sandbox without openat2: level by level, following no link.
int open_by_levels(int at, const std::string& name, int flags) {
    UniqueFd directory;
    for (std::size_t begin = 0;;) {
        const auto slash = name.find('/', begin);
        const auto level = name.substr(begin, slash - begin);
        const int from = directory ? directory.get() : at;
        if (level == ".." || (level.empty() && begin > 0) || name.starts_with('/')) {
            errno = EXDEV; // as openat2 says it
            return -1;
        }
        if (slash == std::string::npos) return ::openat(from, level.c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
        directory.reset(::openat(from, level.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
        if (!directory) return -1;
        begin = slash + 1;
    }
}

int open_beneath(int at, const std::string& name, int flags) {
    struct open_how how {};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const auto fd = static_cast<int>(::syscall(SYS_openat2, at, name.c_str(), &how, sizeof how));
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return fd;
    return open_by_levels(at, name, flags);
}

Stamp to_stamp(const struct stat& status) {
    return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
        status.st_mtim.tv_sec * std::int64_t{1000000000} + status.st_mtim.tv_nsec};
}

Result<void> write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return last_error();
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<std::string> read_all(int fd, std::size_t size, std::size_t bytes_max) {
    std::string text(size, '\0');
    std::size_t filled = 0;
    for (;;) {
        // One byte more than is there tells the end without another look.
        if (filled == text.size()) text.resize(text.size() + (filled == size ? 1 : 64 * 1024));
        if (filled > bytes_max) return error_code(EFBIG, boost::system::system_category());
        const auto count = ::read(fd, text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return last_error();
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    text.resize(filled);
    return text;
}

Result<UniqueFd> open_regular(int at, const std::string& name, struct stat& status) {
    UniqueFd fd(open_beneath(at, name, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    if (!fd || ::fstat(fd.get(), &status) != 0) return last_error();
    if (!S_ISREG(status.st_mode)) return error_code(EINVAL, boost::system::system_category());
    return fd;
}

} // namespace

Result<UniqueFd> open_directory(int at, const std::string& name) {
    UniqueFd fd(open_beneath(at, name, O_RDONLY | O_DIRECTORY));
    if (!fd) return last_error();
    return fd;
}

Result<UniqueFd> open_root(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return last_error();
    return fd;
}

Result<std::string> real_path(const std::string& path) {
    std::array<char, PATH_MAX> resolved{};
    if (::realpath(path.c_str(), resolved.data()) == nullptr) return last_error();
    return std::string(resolved.data());
}

Result<void> make_directories(const std::string& path) {
    for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        if (::mkdir(path.substr(0, slash).c_str(), 0700) != 0 && errno != EEXIST && slash == std::string::npos)
            return last_error();
        if (slash == std::string::npos) return {};
    }
}

Result<Stamp> stamp_of(int at, const std::string& name) {
    struct stat status {};
    if (::fstatat(at, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return to_stamp(status);
    if (errno == ENOENT || errno == ENOTDIR) return Stamp{};
    return last_error();
}

bool exists(int at, const std::string& name) {
    const auto stamp = stamp_of(at, name);
    return stamp && stamp->exists();
}

Result<std::string> read_file(int at, const std::string& name, std::size_t bytes_max, Stamp* stamp) {
    struct stat status {};
    const auto fd = open_regular(at, name, status);
    if (!fd) return fd.error();
    if (static_cast<std::uint64_t>(status.st_size) > bytes_max)
        return error_code(EFBIG, boost::system::system_category());
    if (stamp != nullptr) *stamp = to_stamp(status);
    return read_all(fd->get(), static_cast<std::size_t>(status.st_size), bytes_max);
}

Result<UniqueFd> open_file(int at, const std::string& name, Stamp* stamp) {
    struct stat status {};
    auto fd = open_regular(at, name, status);
    if (fd && stamp != nullptr) *stamp = to_stamp(status);
    return fd;
}

Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t count) {
    std::string text(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
        const auto got = ::pread(fd, text.data() + filled, count - filled, static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return last_error();
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    return text;
}

Result<std::string> read_start(int at, const std::string& name, std::size_t count) {
    struct stat status {};
    const auto fd = open_regular(at, name, status);
    if (!fd) return fd.error();
    return read_at(fd->get(), 0, count);
}

Result<void> replace_file(int at, const std::string& name, std::string_view text, mode_t mode) {
    const auto temporary = name + ".tmp"; // the writer holds the lock, so one name is enough
    if (::unlinkat(at, temporary.c_str(), 0) != 0 && errno != ENOENT) return last_error();
    const UniqueFd fd(::openat(at, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd) return last_error();
    Result<void> done = write_all(fd.get(), text);
    if (done && (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0)) done = last_error();
    if (done && ::renameat(at, temporary.c_str(), at, name.c_str()) != 0) done = last_error();
    if (!done) {
        ::unlinkat(at, temporary.c_str(), 0);
        return done;
    }
    if (::fsync(at) != 0) return last_error();
    return {};
}

Result<void> append_to_file(int at, const std::string& name, std::uint64_t inode, std::string_view text) {
    const UniqueFd fd(open_beneath(at, name, O_WRONLY | O_APPEND));
    if (!fd) return last_error();
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return last_error();
    if (status.st_ino != inode) return error_code(ESTALE, boost::system::system_category());
    Result<void> done = write_all(fd.get(), text);
    if (done && ::fdatasync(fd.get()) != 0) done = last_error();
    if (!done && ::ftruncate(fd.get(), status.st_size) != 0) return last_error();
    return done;
}

Result<void> sync_directory(int at, const std::string& name) {
    const UniqueFd fd(open_beneath(at, name, O_RDONLY | O_DIRECTORY));
    if (!fd || ::fsync(fd.get()) != 0) return last_error();
    return {};
}

Result<void> remove_file(int at, const std::string& name) {
    if (::unlinkat(at, name.c_str(), 0) != 0) return last_error();
    return {};
}

Result<void> rename_new(int from_at, const std::string& from, int to_at, const std::string& to) {
    if (::renameat2(from_at, from.c_str(), to_at, to.c_str(), RENAME_NOREPLACE) == 0) return {};
    if (errno != EINVAL && errno != ENOSYS) return last_error();
    // A file system that can't promise it; base names are unique, so this is the Maildir custom.
    if (::renameat(from_at, from.c_str(), to_at, to.c_str()) != 0) return last_error();
    return {};
}

} // namespace hearth::store
