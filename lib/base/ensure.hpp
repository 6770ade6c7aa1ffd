// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>
#include <string_view>

namespace hearth {

/// Our own state is impossible: says so on stderr with file and line and aborts (the master starts us again).
/// Stays on in release builds. Never for what a peer, a file or the kernel may do.
[[noreturn]] void impossible(std::string_view what, std::source_location where = std::source_location::current());

inline void ensure(bool holds, std::string_view what, std::source_location where = std::source_location::current()) {
    if (!holds) [[unlikely]]
        impossible(what, where);
}

} // namespace hearth
