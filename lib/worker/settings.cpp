// SPDX-License-Identifier: Apache-2.0
#include "worker/settings.hpp"
#include "config/snapshot.hpp"
#include "protocol/limits.hpp"

#include <algorithm>

namespace hearth::worker {
namespace {

std::uint32_t id(const config::Snapshot& snapshot, std::string_view key) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(snapshot.uint(key), 0xffffffff));
}

} // namespace

WorkerSettings read_settings(const config::Snapshot& snapshot) {
    WorkerSettings settings;
    settings.limits.client_limit = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(snapshot.uint("service.client_limit"), 1, protocol::sessions_per_worker_max));
    if (const auto count = snapshot.uint("service.service_count"); count != 0) settings.limits.service_count = count;
    const auto idle_kill = snapshot.duration("service.idle_kill");
    if (idle_kill != std::chrono::milliseconds::max()) settings.limits.idle_kill = idle_kill;
    settings.valid_uids = {id(snapshot, "first_valid_uid"), id(snapshot, "last_valid_uid")};
    settings.valid_gids = {id(snapshot, "first_valid_gid"), id(snapshot, "last_valid_gid")};
    return settings;
}

} // namespace hearth::worker
