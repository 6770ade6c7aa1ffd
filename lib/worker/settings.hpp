// SPDX-License-Identifier: Apache-2.0
// The settings that the framework itself obeys; the protocol's own it reads from the snapshot.
#pragma once

#include "worker/life.hpp"

#include <cstdint>

namespace hearth::config {
class Snapshot;
}

namespace hearth::worker {

/// An inclusive range of uids or gids; last 0 means no upper bound.
struct IdRange {
    std::uint32_t first = 500, last = 0;
    [[nodiscard]] bool contains(std::uint32_t id) const { return id != 0 && id >= first && (last == 0 || id <= last); }
};

struct WorkerSettings {
    LifeLimits limits; ///< generation isn't a setting: the caller adds it
    IdRange valid_uids, valid_gids{1, 0};
};

WorkerSettings read_settings(const config::Snapshot& snapshot);

} // namespace hearth::worker
