// SPDX-License-Identifier: Apache-2.0
// The test program is also the program that the tests start: with HEARTH_TEST_CHILD in its environment, or started by a
// master (HEARTH_SERVICE), it never gets to doctest but plays the part that the variable names.
#pragma once

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <string>

namespace hearth::test {

constexpr const char* part_variable = "HEARTH_TEST_CHILD"; ///< "report", "anvil", "fixed", "worker", "crash"

inline UniqueFd open_own_program() {
    return UniqueFd(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
}

} // namespace hearth::test
