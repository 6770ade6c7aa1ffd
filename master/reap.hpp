// SPDX-License-Identifier: Apache-2.0
// Deaths. A zombie is first only looked at (WNOWAIT): while it isn't reaped its pid can't be given to anybody else, so
// its listener is unlinked and anvil told under a pid that still means this process.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>

namespace hearth::master {

struct Exit {
    pid_t pid = 0;
    bool by_signal = false, core_dumped = false;
    int number = 0; ///< exit status or signal
    [[nodiscard]] bool is_clean() const { return !by_signal && number == 0; }
    /// "exited with status 1", "killed by signal 11 (SIGSEGV), core dumped".
    [[nodiscard]] std::string text() const;
};

class Reaper {
public:
    static constexpr int reaps_per_turn = 64;
    enum class Outcome {
        done,      ///< no dead child is left
        more,      ///< the turn is over: call again
        postponed, ///< the first dead child may not be reaped yet
    };

    /// `hear` is called when a dead child was seen, before anything is made of it: what it said while it lived is in a
    /// socket by then. Then `may_reap` is asked, again and again until it says yes; then the child is reaped and
    /// `reaped` told.
    Reaper(std::function<void()> hear, std::function<bool(const Exit&)> may_reap,
        std::function<void(const Exit&)> reaped)
        : hear_(std::move(hear)), may_reap_(std::move(may_reap)), reaped_(std::move(reaped)) {}

    Outcome run();
    /// Only this child: the kernel shows the same first zombie for ever, and somebody behind it may matter.
    Outcome run_for(pid_t pid);

private:
    Outcome reap_one(int which, pid_t pid);

    std::function<void()> hear_;
    std::function<bool(const Exit&)> may_reap_;
    std::function<void(const Exit&)> reaped_;
};

} // namespace hearth::master
