// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/dotlock.hpp"

#include "base/text.hpp"
#include "store/error.hpp"
#include "store/maildir/disk.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::store {
namespace {

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
    return name.data();
}

// The pid in the lock file if it was made on this host, else 0.
pid_t local_owner(int directory, const std::string& path) {
    const auto text = read_file(directory, path, 512);
    if (!text) return 0;
    const auto colon = text->find(':');
    const auto pid = parse_u64(std::string_view(*text).substr(0, colon));
    if (!pid || *pid > 0x7fffffff || colon == std::string::npos || text->substr(colon + 1) != host_name()) return 0;
    return static_cast<pid_t>(*pid);
}

bool is_stale(int directory, const std::string& path, const std::string& protected_file, const Stamp& lock) {
    constexpr std::int64_t second = 1000000000;
    const std::int64_t now = ::time(nullptr) * second;
    // One from the future was made before the clock was set back: it isn't kept until the clock gets there again.
    if (const auto pid = local_owner(directory, path); pid > 0 && pid != ::getpid())
        return ::kill(pid, 0) != 0 && errno == ESRCH &&
               std::abs(now - lock.modified) >= Dotlock::pid_checked_after.count() * second;
    auto changed = lock.modified;
    if (const auto file = stamp_of(directory, protected_file); file && file->exists())
        changed = std::max(changed, file->modified);
    // An empty one is what a power cut has left: its owner's bytes were never on disk. Others may have a clock of their own.
    const auto age = lock.size == 0 ? std::abs(now - changed) : now - changed;
    return age > Dotlock::stale_after.count() * second;
}

// Removes the lock that was judged stale. It goes through another name, so that a fresh lock which somebody made
// meanwhile is seen and put back.
void take_away(int directory, const std::string& path, std::uint64_t inode) {
    const auto aside = path + "." + std::to_string(::getpid()) + ".stale";
    if (::renameat(directory, path.c_str(), directory, aside.c_str()) != 0) return;
    const auto moved = stamp_of(directory, aside);
    if (moved && moved->inode != inode) (void)!::linkat(directory, aside.c_str(), directory, path.c_str(), 0);
    ::unlinkat(directory, aside.c_str(), 0);
}

bool write_owner(int fd) {
    const auto owner = std::to_string(::getpid()) + ":" + host_name();
    return ::write(fd, owner.data(), owner.size()) == static_cast<ssize_t>(owner.size());
}

Result<std::uint64_t> inode_of(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return last_error();
    return std::uint64_t{status.st_ino};
}

// The lock file appears with its owner in it: one that a process left empty when it was killed would keep everybody out
// for two minutes. Nothing: the file system has no files without name.
std::optional<Result<std::uint64_t>> try_create_whole(int directory, const std::string& path) {
    const UniqueFd fd(::openat(directory, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600));
    if (!fd || !write_owner(fd.get())) return std::nullopt;
    const auto self = "/proc/self/fd/" + std::to_string(fd.get());
    if (::linkat(AT_FDCWD, self.c_str(), directory, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return inode_of(fd.get());
    if (errno == EEXIST) return Result<std::uint64_t>(std::uint64_t{0});
    return std::nullopt;
}

// The inode of the lock file if it could be created, 0 if it is there already.
Result<std::uint64_t> try_create(int directory, const std::string& path) {
    if (auto created = try_create_whole(directory, path)) return *created;
    const UniqueFd fd(::openat(directory, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd && errno == EEXIST) return std::uint64_t{0};
    if (!fd) return last_error();
    // Without the pid the lock still works; only its age tells then that it is stale.
    const bool usable = write_owner(fd.get()) || ::ftruncate(fd.get(), 0) == 0;
    const auto inode = usable ? inode_of(fd.get()) : last_error();
    if (!inode) ::unlinkat(directory, path.c_str(), 0);
    return inode;
}

} // namespace

Result<Dotlock> Dotlock::acquire(int directory, const std::string& name) {
    const auto path = name + ".lock";
    // The second time only behind a stale lock, or one that was released while we looked.
    for (const bool last_try : {false, true}) {
        auto present = stamp_of(directory, path); // whoever waits costs the disk nothing
        if (!present) return present.error();
        if (!present->exists()) {
            const auto created = try_create(directory, path);
            if (!created) return created.error();
            if (*created != 0) return Dotlock(directory, path, *created);
            continue;
        }
        if (last_try || !is_stale(directory, path, name, *present)) break;
        take_away(directory, path, present->inode);
    }
    return Error::busy;
}

bool Dotlock::is_held() const {
    const auto present = stamp_of(directory_, path_);
    return present && present->inode == inode_;
}

Dotlock::~Dotlock() {
    if (directory_ >= 0 && is_held()) ::unlinkat(directory_, path_.c_str(), 0);
}

} // namespace hearth::store
