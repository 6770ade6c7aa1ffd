// SPDX-License-Identifier: Apache-2.0
#include "worker/stop_point.hpp"

#ifdef HEARTH_STOP_POINTS

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "log/log.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/file.h>
#include <unistd.h>

namespace hearth::worker {
namespace {

constexpr std::string_view always = " always";

UniqueFd& base_dir() {
    static UniqueFd instance;
    return instance;
}

// The action if `order` is "NAME ACTION" with this name.
std::optional<std::string> action_of(std::string_view order, std::string_view name) {
    order = trim(order);
    if (!order.starts_with(name) || order.size() <= name.size() || order[name.size()] != ' ') return std::nullopt;
    return std::string(trim(order.substr(name.size())));
}

// Reads the order and disarms it in one step, so that it hits one process even when several come to the same point
// (unless it is to hit always).
std::optional<std::string> take_order(std::string_view name) {
    const UniqueFd file(::openat(base_dir().get(), "stop-at", O_RDWR | O_CLOEXEC));
    if (!file || ::flock(file.get(), LOCK_EX) != 0) return std::nullopt;
    std::array<char, 128> text{};
    const auto got = ::read(file.get(), text.data(), text.size());
    if (got <= 0) return std::nullopt;
    auto action = action_of(std::string_view(text.data(), static_cast<std::size_t>(got)), name);
    if (action && action->ends_with(always)) action->resize(action->size() - always.size());
    else if (action && ::ftruncate(file.get(), 0) != 0) return std::nullopt;
    return action;
}

void act(std::string_view name, std::string_view action) {
    log::warning("stop point {}: {}", name, action);
    if (action == "kill") ::raise(SIGKILL);
    if (action == "stop") ::raise(SIGSTOP);
    if (action.starts_with("delay-")) {
        if (const auto ms = parse_u64(action.substr(6))) ::poll(nullptr, 0, static_cast<int>(*ms));
    }
}

} // namespace

void arm_stop_points() {
    base_dir().reset(::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

void stop_point(std::string_view name) {
    const char* standing = std::getenv("HEARTH_STOP_AT");
    auto action = standing != nullptr ? action_of(standing, name) : std::nullopt;
    if (!action && base_dir()) action = take_order(name);
    if (action) act(name, *action);
}

} // namespace hearth::worker

#endif
