// SPDX-License-Identifier: Apache-2.0
#include "backend/passwd_files.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace hearth::auth {
namespace {

// File times tick with the kernel's timer (4 ms to 10 ms): two changes within one tick may look like one.
constexpr auto settling_time = std::chrono::milliseconds(50);

bool is_older_than(const timespec& time, std::chrono::milliseconds age) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const auto since =
        std::chrono::seconds(now.tv_sec - time.tv_sec) + std::chrono::nanoseconds(now.tv_nsec - time.tv_nsec);
    return since > age;
}

// What an administrator has to do, not only what went wrong.
Complaint cannot_read(const std::string& path, int error) {
    if (error == EACCES || error == EPERM) {
        return {fmt::format(
            "passwd-file {} can't be read by uid {} gid {}, as which auth runs: chgrp it to that group and chmod 640, "
            "and let its directories be entered (chmod o+x)",
            path, ::geteuid(), ::getegid())};
    }
    return {fmt::format("passwd-file {}: {}", path, std::strerror(error))};
}

Checked<std::string> read_text(int fd, const std::string& path, std::size_t size) {
    std::string text(size, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const auto got = ::read(fd, text.data() + filled, text.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot_read(path, errno);
        if (got == 0) break; // it shrank meanwhile: the stamp will differ
        filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    return Checked<std::string>(boost::system::in_place_value, std::move(text));
}

} // namespace

bool PasswdFiles::Stamp::operator==(const Stamp& other) const {
    const auto same = [](const timespec& a, const timespec& b) {
        return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
    };
    return device == other.device && inode == other.inode && size == other.size && same(modified, other.modified) &&
           same(changed, other.changed);
}

PasswdFiles::Stamp PasswdFiles::stamp_of(const struct stat& status) {
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

Checked<std::shared_ptr<const PasswdFile>> PasswdFiles::get(const std::string& path, Time now) {
    const auto found = files_.find(path);
    if (found == files_.end()) return load(path, now);
    auto& loaded = found->second;
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && loaded.settled && stamp_of(status) == loaded.stamp) {
        loaded.used = now;
        return loaded.file;
    }
    files_.erase(found);
    return load(path, now);
}

Checked<std::optional<PasswdEntry>> PasswdFiles::find(
    const std::string& path_format, const std::string& username_format, const Variables& variables, Time now) {
    const auto path = expand(path_format, variables);
    if (!path) return path.error();
    const auto name = expand(username_format, variables);
    if (!name) return name.error();
    const auto file = get(*path, now);
    if (!file) return file.error();
    if (*file == nullptr) {
        if (path_format.find('%') != std::string::npos) return std::optional<PasswdEntry>();
        return Complaint{fmt::format("passwd-file {} doesn't exist", *path)};
    }
    const auto found = (*file)->users.find(*name);
    if (found == (*file)->users.end()) return std::optional<PasswdEntry>();
    return std::optional<PasswdEntry>(found->second);
}

Checked<std::shared_ptr<const PasswdFile>> PasswdFiles::load(const std::string& path, Time now) {
    // Non-blocking, so that a FIFO in its place doesn't hang auth.
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::shared_ptr<const PasswdFile>();
    if (!fd) return cannot_read(path, errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return cannot_read(path, errno);
    if (!S_ISREG(status.st_mode)) return Complaint{fmt::format("passwd-file {} is not a regular file", path)};
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > passwd_file_bytes_max) {
        return Complaint{
            fmt::format("passwd-file {} has {} bytes, more than the {} it may have: use several files, with %d in the "
                        "path",
                path, size, passwd_file_bytes_max)};
    }
    if ((status.st_mode & S_IROTH) != 0)
        log::warning("passwd-file {} can be read by everybody: chmod 640 {}", path, path);
    const bool settled = is_older_than(status.st_mtim, settling_time) && is_older_than(status.st_ctim, settling_time);

    auto text = read_text(fd.get(), path, size);
    if (!text) return text.error();
    auto parsed = parse_passwd_file(*text);
    wipe(*text);
    if (!parsed) return Complaint{fmt::format("passwd-file {}: {}", path, parsed.error().text)};
    for (const auto& complaint : parsed->complaints)
        log::warning("passwd-file {}: {}", path, complaint);

    Loaded loaded;
    loaded.file = std::make_shared<const PasswdFile>(std::move(*parsed));
    loaded.stamp = stamp_of(status);
    loaded.settled = settled;
    loaded.used = now;
    if (files_.size() >= files_max) {
        const auto oldest = std::min_element(files_.begin(), files_.end(),
            [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
        files_.erase(oldest);
    }
    return files_.insert_or_assign(path, std::move(loaded)).first->second.file;
}

} // namespace hearth::auth
