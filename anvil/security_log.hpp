// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "counters.hpp"

#include <array>
#include <string_view>
#include <sys/types.h>

namespace hearth::anvil {

/// Warnings about processes that say what no honest one says. A liar may say it a million times a second: one line per
/// kind and interval, with the number of those that were left out.
class SecurityLog {
public:
    /// `pid` and `uid` are the kernel's words; `claim` is the sender's (made printable here).
    void report(Reception what, pid_t pid, uid_t uid, std::string_view claim, Time now);

    static constexpr auto interval = std::chrono::seconds(5);

private:
    struct Kind {
        Time next{};
        std::uint64_t left_out = 0;
    };
    std::array<Kind, reception_count> kinds_;
};

} // namespace hearth::anvil
