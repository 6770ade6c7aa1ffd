// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace hearth::admin {

/// What ending this process would give back: its private pages (smaps_rollup). Nothing when we may not look.
std::optional<std::uint64_t> private_memory_bytes(pid_t pid);

} // namespace hearth::admin
