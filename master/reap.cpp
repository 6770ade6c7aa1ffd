// SPDX-License-Identifier: Apache-2.0
#include "reap.hpp"

#include <cstring>
#include <fmt/format.h>
#include <sys/wait.h>

namespace hearth::master {

std::string Exit::text() const {
    if (!by_signal) return fmt::format("exited with status {}", number);
    const char* abbreviation = ::sigabbrev_np(number);
    return fmt::format("killed by signal {} ({}){}", number,
        abbreviation != nullptr ? fmt::format("SIG{}", abbreviation) : "unknown", core_dumped ? ", core dumped" : "");
}

Reaper::Outcome Reaper::reap_one(int which, pid_t pid) {
    siginfo_t info{};
    const auto type = static_cast<idtype_t>(which);
    if (::waitid(type, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return Outcome::done;
    const Exit exit{.pid = info.si_pid,
        .by_signal = info.si_code != CLD_EXITED,
        .core_dumped = info.si_code == CLD_DUMPED,
        .number = info.si_status};
    hear_();
    if (!may_reap_(exit)) return Outcome::postponed;
    siginfo_t ignored{};
    ::waitid(P_PID, static_cast<id_t>(exit.pid), &ignored, WEXITED | WNOHANG);
    reaped_(exit);
    return Outcome::more;
}

Reaper::Outcome Reaper::run() {
    for (int i = 0; i < reaps_per_turn; ++i)
        if (const auto outcome = reap_one(P_ALL, 0); outcome != Outcome::more) return outcome;
    return Outcome::more;
}

Reaper::Outcome Reaper::run_for(pid_t pid) {
    return reap_one(P_PID, pid);
}

} // namespace hearth::master
