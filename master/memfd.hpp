// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <string_view>

namespace hearth::master {

/// A file in memory with this content, which nobody can change any more (all seals, memfd_create(2)). Children that
/// share it share the offset too: they read with pread().
Result<UniqueFd> make_sealed(const char* name, std::string_view content);

} // namespace hearth::master
