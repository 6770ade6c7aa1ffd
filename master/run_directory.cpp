// SPDX-License-Identifier: Apache-2.0
#include "run_directory.hpp"

#include <algorithm>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::master {
namespace {

Complaint failed(std::string_view what, const std::string& path) {
    return Complaint{fmt::format("can't {} {}: {}", what, path, last_error().message())};
}

// Directory `path` with exactly this owner and mode, from its first moment no wider than that.
Checked<UniqueFd> make_directory(const std::string& path, mode_t mode, uid_t uid, gid_t gid) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed("make directory", path);
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return failed("open directory", path);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return failed("look at", path);
    if (status.st_uid != uid)
        return Complaint{fmt::format("{} belongs to uid {}, not to the user of this master (uid {}): remove it or choose "
                                     "another base_dir", path, status.st_uid, uid)};
    if (status.st_gid != gid && ::fchown(fd.get(), uid, gid) != 0) return failed("set the group of", path);
    if (::fchmod(fd.get(), mode) != 0) return failed("set the mode of", path);
    return fd;
}

Checked<UniqueFd> lock(const std::string& base_dir) {
    const auto path = base_dir + "/master.pid";
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!fd) return failed("open", path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return failed("lock", path);
        char text[32]{};
        const auto got = ::pread(fd.get(), text, sizeof text - 1, 0);
        return Complaint{fmt::format("{} is in use by the master with pid {}: stop it (hearth stop), or choose another base_dir",
            base_dir, got > 0 ? std::atol(text) : 0)};
    }
    const auto pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return failed("write", path);
    return fd;
}

// Under the lock no other master lives, so every socket is a dead one's. Workers that serve on without a master don't
// need theirs: nobody but their own master's anvil ever named them.
std::size_t sweep(int directory) {
    const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return 0;
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(copy), &::closedir);
    if (!entries) {
        ::close(copy);
        return 0;
    }
    std::size_t removed = 0;
    while (const auto* entry = ::readdir(entries.get())) {
        struct stat status {};
        if (::fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(status.st_mode)) continue;
        if (::unlinkat(directory, entry->d_name, 0) == 0) ++removed;
    }
    return removed;
}

} // namespace

std::string path_complaint(std::string_view base_dir, std::string_view longest) {
    const auto needed = base_dir.size() + 1 + longest.size();
    if (needed <= socket_path_max) return {};
    return fmt::format("base_dir {} is too long: {} + 1 + {} (\"{}\") = {} bytes, but a unix socket's path may have {}; choose a "
                       "base_dir of at most {} bytes",
        base_dir, base_dir.size(), longest.size(), longest, needed, socket_path_max, socket_path_max - 1 - longest.size());
}

Checked<RunDirectory> enter_run_directory(const std::string& path, bool managed, gid_t login_gid) {
    RunDirectory result;
    result.path = path;
    const auto uid = ::geteuid();
    const auto gid = ::getegid();
    // One level above may be missing in /run after a boot.
    if (const auto slash = path.rfind('/'); slash != std::string::npos && slash > 0)
        ::mkdir(path.substr(0, slash).c_str(), 0755);
    auto base = make_directory(path, 0755, uid, gid);
    if (!base) return base.error();
    auto held = lock(path);
    if (!held) return held.error();
    result.lock = std::move(*held);
    auto login = make_directory(path + "/login", managed ? 0710 : 0700, uid, managed ? login_gid : gid);
    if (!login) return login.error();
    result.swept = sweep(base->get()) + sweep(login->get());
    if (::fchdir(base->get()) != 0) return failed("enter", path);
    return result;
}

} // namespace hearth::master
