// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifdef HEARTH_MUTANTS
#include "skip_check_number.hpp" // made by tests/run-mutants in its build directory, so that little is compiled again
#undef HEARTH_SKIP_CHECK
#define HEARTH_SKIP_CHECK HEARTH_SKIP_CHECK_NUMBER
#endif

namespace hearth {

/// Does this build leave out the safety check with this number (docs/protocol/handover.md)? Always false but in a
/// mutation build, whose only purpose is to prove that a test notices.
constexpr bool skips(int check) { return HEARTH_SKIP_CHECK == check; }

} // namespace hearth
