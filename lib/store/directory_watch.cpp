// SPDX-License-Identifier: Apache-2.0
#include "store/directory_watch.hpp"

#include <array>
#include <cerrno>
#include <sys/inotify.h>
#include <unistd.h>

namespace hearth::store {

void DirectoryWatch::start(const std::vector<std::string>& paths, const std::string& bell) {
    UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!fd) return;
    constexpr std::uint32_t events = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
    for (const auto& path : paths)
        if (::inotify_add_watch(fd.get(), path.c_str(), events) < 0) return;
    // Without the bell, changes in the index alone are seen a little later.
    if (!bell.empty()) ::inotify_add_watch(fd.get(), bell.c_str(), IN_ATTRIB | IN_DONT_FOLLOW);
    fd_ = std::move(fd);
}

void DirectoryWatch::clear() const {
    std::array<char, 4096> events;
    while (fd_ && (::read(fd_.get(), events.data(), events.size()) > 0 || errno == EINTR)) {
    }
}

} // namespace hearth::store
