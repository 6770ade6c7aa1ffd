// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace hearth::worker {

/// What would be free if this process ended: the pages that only it has written to (what a zygote's workers share isn't
/// theirs, and unwritten pages of files are the page cache's) and its page tables. 0 when /proc doesn't tell.
std::uint32_t private_memory_kib();

/// The number behind `key` at the beginning of a line of /proc/self/status or smaps_rollup; 0: not there.
std::uint32_t kib_of(std::string_view text, std::string_view key);

} // namespace hearth::worker
