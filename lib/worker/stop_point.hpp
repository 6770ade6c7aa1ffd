// SPDX-License-Identifier: Apache-2.0
// Points where a test can kill, stop or delay a worker, so that each row of the failure table is tried where it hurts.
// Nothing of this is in an installed worker: tests/CMakeLists.txt compiles one more with HEARTH_STOP_POINTS.
#pragma once

#include <string_view>

namespace hearth::worker {

#ifdef HEARTH_STOP_POINTS
/// Remembers the working directory (base_dir) as the place of the file "stop-at". Called before privileges are dropped.
void arm_stop_points();
/// If "stop-at" holds "NAME ACTION" with this name, empties the file (so it acts once) and acts: "kill" and "stop"
/// raise SIGKILL and SIGSTOP, "delay-N" blocks the process for N ms; "NAME ACTION always" stays and acts each time, and so
/// does the environment's HEARTH_STOP_AT. Names: offer-received, grant-read, bound-before-report, before-taken,
/// after-taken, published-before-final-bytes, leave-asked, leaving-before-drain.
void stop_point(std::string_view name);
#else
inline void arm_stop_points() {}
inline void stop_point(std::string_view) {}
#endif

} // namespace hearth::worker
