// SPDX-License-Identifier: Apache-2.0
// Preloaded into a program, counts the calls with which it changes files below a directory (those of SQLite too), and
// ends it, or lets it fail, at one of them.
//
//     HEARTH_CRASH_BELOW=<directory>   absolute, without links
//     HEARTH_CRASH_AT=<n>              the n-th call after hearth_crash_arm(); 0 or nothing: none
//     HEARTH_CRASH_MODE=kill           SIGKILL in front of the call: what was done so far is in the kernel, and stays
//                       tear           the same, but half of a write is done
//                       power          like kill, and all is undone that no fsync has made durable: bytes written,
//                                      names made, changed and removed (undo.hpp)
//                       cut            like kill, and the ext4 file system is shut down: nothing more of it reaches its
//                                      device, as when the power goes. Needs root
//                       cut-logged     the same, but what lies in ext4's journal is written first: names without the
//                                      bytes that no fsync has asked for
//                       enospc, eio    the call fails, once
//                       enospc-on, eio-on  this one and all that follow fail
//                       eio-lost       the call fails, once. Where it is an fsync its bytes are lost, whatever is
//                       synced
//                                      later; the power goes when the client was told
//     HEARTH_CRASH_ONLY=<text>         only files with this in their path count, and only they are undone
//
//     HEARTH_CRASH_CLOCK=<seconds>     added to the time of day
//     HEARTH_CRASH_BOOT=<path>         read in the place of the kernel's boot id: the machine was started anew
//
// The program finds hearth_crash_arm(), hearth_crash_count() and hearth_crash_told() with dlsym. The last one is a
// point to end at like the calls: the client has been told, and nothing was written since.
#include "undo.hpp"

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

enum class Mode { kill, tear, power, cut, cut_logged, enospc, eio, eio_lost };

struct Plan {
    std::string below, only;
    long at = 0;
    Mode mode = Mode::kill;
    bool is_lasting = false;
    bool armed = false;
    long count = 0;
    long synced = 0, lost = 0; // fsyncs that were done, and that failed
};

Plan& plan() {
    static Plan plan = [] {
        Plan made;
        const auto value = [](const char* name) {
            const char* text = ::getenv(name);
            return std::string(text == nullptr ? "" : text);
        };
        made.below = value("HEARTH_CRASH_BELOW");
        made.at = std::atol(value("HEARTH_CRASH_AT").c_str());
        made.only = value("HEARTH_CRASH_ONLY");
        auto mode = value("HEARTH_CRASH_MODE");
        made.is_lasting = mode.size() > 3 && mode.compare(mode.size() - 3, 3, "-on") == 0;
        if (made.is_lasting) mode.resize(mode.size() - 3);
        made.mode = mode == "tear"         ? Mode::tear
                    : mode == "power"      ? Mode::power
                    : mode == "cut"        ? Mode::cut
                    : mode == "cut-logged" ? Mode::cut_logged
                    : mode == "enospc"     ? Mode::enospc
                    : mode == "eio"        ? Mode::eio
                    : mode == "eio-lost"   ? Mode::eio_lost
                                           : Mode::kill;
        return made;
    }();
    return plan;
}

template <class Function> Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
#define NEXT(name) (next<decltype(::name)>(#name))

std::string path_of(int fd) {
    char link[64], target[PATH_MAX];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const auto size = ::readlink(link, target, sizeof target);
    return size < 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

std::string path_of(int at, const char* name) {
    if (name[0] == '/') return name;
    if (at == AT_FDCWD) {
        char directory[PATH_MAX];
        return std::string(::getcwd(directory, sizeof directory) == nullptr ? "" : directory) + "/" + name;
    }
    return path_of(at) + "/" + name;
}

bool concerns(const std::string& path) {
    const auto& below = plan().below;
    return plan().armed && !below.empty() && path.compare(0, below.size(), below) == 0 &&
           (path.size() == below.size() || path[below.size()] == '/') && // the directory itself too: it is synced
           path.find(plan().only) != std::string::npos;
}

// What isn't durable is noted, to be undone.
bool takes_notes() {
    return plan().mode == Mode::power || plan().mode == Mode::eio_lost;
}

// EXT4_IOC_SHUTDOWN of the kernel's fs/ext4/ext4.h, which no header for programs has, and its flags.
constexpr unsigned long ext4_shutdown = 0x8004587d;
constexpr std::uint32_t log_flush = 1, no_log_flush = 2;
constexpr int no_shutdown_status = 77;

// Nothing is told of it to who has mounted the file system; it is to be mounted anew.
void shut_down(std::uint32_t how) {
    const auto fd = ::syscall(SYS_openat, AT_FDCWD, plan().below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (::syscall(SYS_ioctl, fd, ext4_shutdown, &how) != 0) ::_exit(no_shutdown_status);
}

[[noreturn]] void end_now() {
    if (takes_notes()) crash::undo_all();
    if (plan().mode == Mode::cut) shut_down(no_log_flush);
    if (plan().mode == Mode::cut_logged) shut_down(log_flush);
    ::kill(::getpid(), SIGKILL);
    for (;;)
        ::pause();
}

// Counts a call that concerns us. True: it fails now, errno says how. Does not return where the program ends.
bool fails(bool is_write) {
    auto& all = plan();
    ++all.count;
    if (all.at == 0 || (all.is_lasting ? all.count < all.at : all.count != all.at)) return false;
    if (all.mode == Mode::tear && is_write) return false; // see torn()
    if (all.mode != Mode::enospc && all.mode != Mode::eio && all.mode != Mode::eio_lost) end_now();
    errno = all.mode == Mode::enospc ? ENOSPC : EIO;
    return true;
}

bool is_torn() {
    return plan().mode == Mode::tear && plan().count == plan().at;
}

ssize_t write_counted(int fd, const void* bytes, std::size_t size, off_t offset, bool positioned) {
    const auto real = [&](std::size_t some) {
        return positioned ? NEXT(pwrite)(fd, bytes, some, offset) : NEXT(write)(fd, bytes, some);
    };
    if (!concerns(path_of(fd))) return real(size);
    if (fails(true)) return -1;
    if (is_torn()) {
        static_cast<void>(real(size / 2));
        end_now();
    }
    if (takes_notes()) crash::before_write(fd, positioned ? offset : -1, size);
    return real(size);
}

int sync_counted(int fd, int (*real)(int)) {
    if (!concerns(path_of(fd))) return real(fd);
    if (fails(false)) {
        ++plan().lost;
        crash::lost(fd);
        return -1;
    }
    const int result = real(fd);
    plan().synced += result == 0;
    if (result == 0 && takes_notes()) crash::synced(fd, path_of(fd));
    return result;
}

int open_counted(int at, const char* name, int flags, mode_t mode) {
    static auto* const real = NEXT(openat);
    static const char* const boot = ::getenv("HEARTH_CRASH_BOOT");
    if (boot != nullptr && std::strcmp(name, "/proc/sys/kernel/random/boot_id") == 0) name = boot;
    if ((flags & (O_CREAT | O_TRUNC)) == 0) return real(at, name, flags, mode);
    const auto path = path_of(at, name);
    if (!concerns(path)) return real(at, name, flags, mode);
    struct stat status {};
    const bool is_new = ::fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) != 0;
    if (!is_new && (flags & O_TRUNC) == 0) return real(at, name, flags, mode); // opens what is there, or fails
    if (fails(false)) return -1;
    const int fd = real(at, name, flags, mode);
    if (fd >= 0 && is_new && takes_notes()) crash::created(path);
    return fd;
}

template <class Real> int rename_counted(const std::string& from, const std::string& to, Real real) {
    if (!concerns(from) && !concerns(to)) return real();
    if (fails(false)) return -1;
    if (!takes_notes()) return real();
    const auto replaced = crash::keep(to);
    const int result = real();
    if (result == 0) crash::renamed(from, to, replaced);
    return result;
}

template <class Real> int make_counted(const std::string& path, Real real) {
    if (!concerns(path)) return real();
    if (fails(false)) return -1;
    const int result = real();
    if (result == 0 && takes_notes()) crash::created(path);
    return result;
}

template <class Real> int remove_counted(const std::string& path, Real real) {
    if (!concerns(path)) return real();
    if (fails(false)) return -1;
    if (!takes_notes()) return real();
    const auto kept = crash::keep(path);
    const int result = real();
    if (result == 0) crash::removed(path, kept);
    return result;
}

template <class Real> int change_counted(const std::string& path, Real real) {
    return concerns(path) && fails(false) ? -1 : real();
}

std::time_t clock_shift() {
    static const std::time_t seconds = [] {
        const char* text = ::getenv("HEARTH_CRASH_CLOCK");
        return text == nullptr ? 0 : std::atol(text);
    }();
    return seconds;
}

mode_t mode_argument(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

} // namespace

extern "C" {

__attribute__((visibility("default"))) void hearth_crash_arm() {
    plan().armed = true;
    plan().count = 0;
}
__attribute__((visibility("default"))) long hearth_crash_count() {
    return plan().count;
}
__attribute__((visibility("default"))) void hearth_crash_told() {
    if (plan().armed) static_cast<void>(fails(false));
    if (plan().armed && plan().mode == Mode::eio_lost && plan().count >= plan().at && plan().at != 0) end_now();
}
// How many fsyncs were done, and how many have failed.
__attribute__((visibility("default"))) long hearth_crash_synced() {
    return plan().synced;
}
__attribute__((visibility("default"))) long hearth_crash_lost() {
    return plan().lost;
}

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int clock_gettime(clockid_t clock, timespec* now) noexcept {
    const int result = NEXT(clock_gettime)(clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += clock_shift();
    return result;
}
EXPORTED std::time_t time(std::time_t* now) noexcept {
    const auto told = NEXT(time)(nullptr) + clock_shift();
    if (now != nullptr) *now = told;
    return told;
}

EXPORTED int open(const char* name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_argument(flags, arguments);
    va_end(arguments);
    return open_counted(AT_FDCWD, name, flags, mode);
}
EXPORTED int open64(const char* name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_argument(flags, arguments);
    va_end(arguments);
    return open_counted(AT_FDCWD, name, flags, mode);
}
EXPORTED int openat(int at, const char* name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_argument(flags, arguments);
    va_end(arguments);
    return open_counted(at, name, flags, mode);
}
EXPORTED int openat64(int at, const char* name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = mode_argument(flags, arguments);
    va_end(arguments);
    return open_counted(at, name, flags, mode);
}

EXPORTED ssize_t write(int fd, const void* bytes, std::size_t size) {
    return write_counted(fd, bytes, size, 0, false);
}
EXPORTED ssize_t pwrite(int fd, const void* bytes, std::size_t size, off_t offset) {
    return write_counted(fd, bytes, size, offset, true);
}
EXPORTED ssize_t pwrite64(int fd, const void* bytes, std::size_t size, off64_t offset) {
    return write_counted(fd, bytes, size, offset, true);
}
EXPORTED int fsync(int fd) {
    return sync_counted(fd, NEXT(fsync));
}
EXPORTED int fdatasync(int fd) {
    return sync_counted(fd, NEXT(fdatasync));
}
EXPORTED int ftruncate(int fd, off_t size) noexcept {
    if (concerns(path_of(fd)) && takes_notes()) crash::before_truncate(fd, size);
    return change_counted(path_of(fd), [&] { return NEXT(ftruncate)(fd, size); });
}
EXPORTED int ftruncate64(int fd, off64_t size) noexcept {
    return ftruncate(fd, size);
}

EXPORTED int rename(const char* from, const char* to) noexcept {
    return rename_counted(path_of(AT_FDCWD, from), path_of(AT_FDCWD, to), [&] { return NEXT(rename)(from, to); });
}
EXPORTED int renameat(int from_at, const char* from, int to_at, const char* to) noexcept {
    return rename_counted(
        path_of(from_at, from), path_of(to_at, to), [&] { return NEXT(renameat)(from_at, from, to_at, to); });
}
EXPORTED int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) noexcept {
    return rename_counted(
        path_of(from_at, from), path_of(to_at, to), [&] { return NEXT(renameat2)(from_at, from, to_at, to, flags); });
}
EXPORTED int link(const char* from, const char* to) noexcept {
    return make_counted(path_of(AT_FDCWD, to), [&] { return NEXT(link)(from, to); });
}
EXPORTED int linkat(int from_at, const char* from, int to_at, const char* to, int flags) noexcept {
    return make_counted(path_of(to_at, to), [&] { return NEXT(linkat)(from_at, from, to_at, to, flags); });
}
EXPORTED int mkdir(const char* name, mode_t mode) noexcept {
    return make_counted(path_of(AT_FDCWD, name), [&] { return NEXT(mkdir)(name, mode); });
}
EXPORTED int mkdirat(int at, const char* name, mode_t mode) noexcept {
    return make_counted(path_of(at, name), [&] { return NEXT(mkdirat)(at, name, mode); });
}
EXPORTED int unlink(const char* name) noexcept {
    return remove_counted(path_of(AT_FDCWD, name), [&] { return NEXT(unlink)(name); });
}
EXPORTED int unlinkat(int at, const char* name, int flags) noexcept {
    return remove_counted(path_of(at, name), [&] { return NEXT(unlinkat)(at, name, flags); });
}
EXPORTED int rmdir(const char* name) noexcept {
    return remove_counted(path_of(AT_FDCWD, name), [&] { return NEXT(rmdir)(name); });
}
EXPORTED int utimensat(int at, const char* name, const timespec times[2], int flags) noexcept {
    return change_counted(
        name == nullptr ? path_of(at) : path_of(at, name), [&] { return NEXT(utimensat)(at, name, times, flags); });
}
EXPORTED int futimens(int fd, const timespec times[2]) noexcept {
    return change_counted(path_of(fd), [&] { return NEXT(futimens)(fd, times); });
}
EXPORTED int fchmod(int fd, mode_t mode) noexcept {
    return change_counted(path_of(fd), [&] { return NEXT(fchmod)(fd, mode); });
}

} // extern "C"
