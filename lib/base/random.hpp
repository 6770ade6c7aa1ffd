// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hearth {

/// Fills `out` from the kernel's random source (getrandom); aborts the process if the kernel has none.
void fill_random(std::span<std::byte> out);

std::uint64_t random_u64();

} // namespace hearth
