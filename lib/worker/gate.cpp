// SPDX-License-Identifier: Apache-2.0
#include "worker/gate.hpp"
#include "net/unix_socket.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace hearth::worker {
namespace {

#ifdef SYS_fchmodat2
constexpr long fchmodat2_number = SYS_fchmodat2;
#else
constexpr long fchmodat2_number = 452; // the same on all architectures; Debian 12's headers don't have it
#endif

[[noreturn]] void fail(int error, const std::string& what) {
    throw std::system_error(error, std::generic_category(), what);
}

} // namespace

Gate::Gate(const std::string& path, mode_t open_mode, Way way) : open_mode_(open_mode), way_(way) {
    auto listener = net::listen_unix(path, net::sequenced, 0, backlog);
    // The name is there if somebody who was killed had our number.
    if (!listener && listener.error() == boost::system::errc::address_in_use) {
        if (::unlink(path.c_str()) != 0) fail(errno, "can't remove the old gate " + path);
        listener = net::listen_unix(path, net::sequenced, 0, backlog);
    }
    if (!listener) fail(listener.error().value(), "can't make the gate " + path);
    listener_ = std::move(*listener);
    node_.reset(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!node_) fail(errno, "can't hold the gate " + path);
    struct stat node {};
    if (::fstat(node_.get(), &node) != 0) fail(errno, "can't look at the gate " + path);
    if (!S_ISSOCK(node.st_mode) || node.st_uid != ::geteuid() || (node.st_mode & 07777) != 0)
        fail(EPERM, "the gate " + path + " is not what was made there");
}

Result<void> Gate::give_to(uid_t uid, gid_t gid) {
    if (::fchownat(node_.get(), "", uid, gid, AT_EMPTY_PATH) != 0) return last_error();
    return {};
}

Result<void> Gate::listen_again() {
    if (::listen(listener_.get(), backlog) != 0) return last_error();
    return {};
}

Result<void> Gate::open() {
    if (is_open_) return {};
    const auto done = set_mode(open_mode_);
    if (done) is_open_ = true;
    return done;
}

Result<void> Gate::shut() {
    if (!is_open_) return {};
    const auto done = set_mode(0);
    if (done) is_open_ = false;
    return done;
}

void Gate::refuse_for_good() {
    (void)shut(); // only saves newcomers the way; what follows is what counts
    ::shutdown(listener_.get(), SHUT_RD);
}

Result<void> Gate::set_mode(mode_t mode) {
    if (way_ == Way::fchmodat2) {
        if (::syscall(fchmodat2_number, node_.get(), "", mode, AT_EMPTY_PATH) == 0) return {};
        if (errno != ENOSYS) return last_error();
        way_ = Way::proc;
    }
    std::array<char, 32> name{};
    fmt::format_to_n(name.data(), name.size() - 1, "/proc/self/fd/{}", node_.get());
    if (::chmod(name.data(), mode) != 0) return last_error();
    return {};
}

std::string gate_path(std::string pattern, pid_t pid) {
    constexpr std::string_view variable = "%{pid}";
    if (const auto at = pattern.find(variable); at != std::string::npos)
        pattern.replace(at, variable.size(), std::to_string(pid));
    return pattern;
}

} // namespace hearth::worker
