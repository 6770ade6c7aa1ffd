// SPDX-License-Identifier: Apache-2.0
#include "undo.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace crash {
namespace {

// System calls as such: the shim's own wrappers must not see what is done here.
template <class... Arguments> long call(long number, Arguments... arguments) {
    return ::syscall(number, arguments...);
}

struct Bytes {
    dev_t device;
    ino_t inode;
    int fd;     // of our own
    off_t size; // of the file before
    off_t offset;
    off_t end; // of what was written or cut off
    std::string before;
    bool is_lost = false;
};
std::vector<Bytes> bytes;

struct Name {
    enum class Kind { created, renamed, removed } kind;
    std::string path, to, kept; // `to` of a renaming; `kept`: what was replaced or removed
};
std::vector<Name> names;

std::string directory_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

// A descriptor of our own of the same file, for reading and writing.
int again(int fd) {
    char link[64];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return static_cast<int>(call(SYS_openat, AT_FDCWD, link, O_RDWR | O_CLOEXEC, 0));
}

void save(int fd, off_t offset, std::size_t size) {
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return;
    Bytes saved{status.st_dev, status.st_ino, again(fd), status.st_size, offset, offset + static_cast<off_t>(size), {}};
    if (saved.fd < 0) return;
    if (offset < status.st_size) {
        saved.before.resize(std::min(size, static_cast<std::size_t>(status.st_size - offset)));
        const auto got = ::pread(saved.fd, saved.before.data(), saved.before.size(), offset);
        saved.before.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    }
    bytes.push_back(std::move(saved));
}

void undo(const Bytes& saved) {
    call(SYS_ftruncate, saved.fd, saved.size);
    if (!saved.before.empty()) call(SYS_pwrite64, saved.fd, saved.before.data(), saved.before.size(), saved.offset);
}

void undo(const Name& name) {
    const auto rename = [](const std::string& from, const std::string& to) {
        call(SYS_renameat, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str());
    };
    const auto restore = [&](const std::string& path) {
        if (!name.kept.empty()) rename(name.kept, path);
    };
    const auto remove = [](const std::string& path) {
        if (call(SYS_unlinkat, AT_FDCWD, path.c_str(), 0) != 0)
            call(SYS_unlinkat, AT_FDCWD, path.c_str(), AT_REMOVEDIR);
    };
    switch (name.kind) {
    case Name::Kind::created: remove(name.path); break;
    case Name::Kind::removed:
        restore(name.path);
        if (name.kept.empty()) call(SYS_mkdirat, AT_FDCWD, name.path.c_str(), 0700);
        break;
    case Name::Kind::renamed:
        // A renaming is one step on every file system with a journal: it is durable in both directories or in none.
        rename(name.to, name.path);
        restore(name.to);
        break;
    }
}

} // namespace

void before_write(int fd, off_t offset, std::size_t size) {
    struct stat status {};
    if (offset < 0) {
        const bool appends = (::fcntl(fd, F_GETFL) & O_APPEND) != 0;
        offset = appends && ::fstat(fd, &status) == 0 ? status.st_size : ::lseek(fd, 0, SEEK_CUR);
    }
    if (offset >= 0) save(fd, offset, size);
}

void before_truncate(int fd, off_t size) {
    struct stat status {};
    if (::fstat(fd, &status) == 0) save(fd, size, static_cast<std::size_t>(std::max<off_t>(status.st_size - size, 0)));
}

void created(const std::string& path) {
    names.push_back({Name::Kind::created, path, {}, {}});
}

void renamed(const std::string& from, const std::string& to, const std::string& replaced) {
    names.push_back({Name::Kind::renamed, from, to, replaced});
}

void removed(const std::string& path, const std::string& kept) {
    names.push_back({Name::Kind::removed, path, {}, kept});
}

std::string keep(const std::string& path) {
    static const std::string place = std::string(::getenv("HEARTH_CRASH_BELOW")) + ".kept";
    static int number = 0;
    call(SYS_mkdirat, AT_FDCWD, place.c_str(), 0700);
    auto kept = place + "/" + std::to_string(++number);
    return call(SYS_linkat, AT_FDCWD, path.c_str(), AT_FDCWD, kept.c_str(), 0) == 0 ? kept : std::string();
}

void synced(int fd, const std::string& path) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return;
    const auto is_it = [&](const Bytes& saved) {
        return saved.device == status.st_dev && saved.inode == status.st_ino;
    };
    // What was lost stays so, but for what is written over it.
    for (auto later = bytes.begin(); later != bytes.end(); ++later)
        for (auto earlier = bytes.begin(); is_it(*later) && !later->is_lost && earlier != later; ++earlier)
            if (is_it(*earlier) && earlier->offset >= later->offset && earlier->end <= later->end)
                earlier->is_lost = false;
    std::erase_if(bytes, [&](const Bytes& saved) {
        const bool is_durable = is_it(saved) && !saved.is_lost;
        if (is_durable) call(SYS_close, saved.fd);
        return is_durable;
    });
    if (S_ISDIR(status.st_mode))
        std::erase_if(names, [&](const Name& name) {
            return directory_of(name.path) == path || (!name.to.empty() && directory_of(name.to) == path);
        });
}

void lost(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return;
    for (auto& saved : bytes)
        if (saved.device == status.st_dev && saved.inode == status.st_ino) saved.is_lost = true;
}

void undo_all() {
    for (auto saved = bytes.rbegin(); saved != bytes.rend(); ++saved)
        undo(*saved);
    for (auto name = names.rbegin(); name != names.rend(); ++name)
        undo(*name);
}

} // namespace crash
