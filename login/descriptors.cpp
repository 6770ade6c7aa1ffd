// SPDX-License-Identifier: Apache-2.0
#include "descriptors.hpp"

#include <algorithm>
#include <sys/resource.h>

namespace hearth::login {
namespace {

constexpr std::size_t own_descriptors = 64; // listeners, links, event loop, log
constexpr std::size_t per_client = 3;
constexpr rlim_t enough = 1024 * 1024;

} // namespace

std::size_t clients_that_descriptors_allow() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
    const rlimit raised{std::max(limit.rlim_cur, std::min(limit.rlim_max, enough)), limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    const auto files = static_cast<std::size_t>(std::min(limit.rlim_cur, enough));
    return files > own_descriptors + per_client ? (files - own_descriptors) / per_client : 1;
}

} // namespace hearth::login
