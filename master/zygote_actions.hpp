// SPDX-License-Identifier: Apache-2.0
// What the zygotes' table wants done (zygotes.hpp). The supervisor does it, in order, and tells what came of it.
#pragma once

#include "roster_actions.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <variant>

namespace hearth::master {

/// Start a zygote of the service; answered by Zygotes::launched() or launch_failed(), at once.
struct LaunchZygote {
    std::string service;
};
/// Send the zygote an order; Zygotes::ask_failed() if that isn't possible.
struct AskZygote {
    pid_t zygote = 0;
    std::string service;
    std::uint64_t order = 0;
};
/// This start goes the other way: no zygote is there to do it.
struct StartByExec {
    std::string service;
    std::uint64_t order = 0;
};
/// A worker was forked.
struct StartDone {
    std::string service;
    std::uint64_t order = 0;
    pid_t pid = 0;
    std::uint32_t generation = 0;
};
/// No worker came of it. `error` is the fork's, or 0 when nobody answered.
struct StartLost {
    std::string service;
    std::uint64_t order = 0;
    int error = 0;
};
/// Close our end of the zygote's link: it ends then.
struct CloseLink {
    pid_t zygote = 0;
};
struct KillZygote {
    pid_t zygote = 0;
    std::string service, why;
};
/// A zygote left starts unanswered: end what children it may have made that never said a word.
struct EndStrangers {};

using ZygoteAction = std::variant<LaunchZygote, AskZygote, StartByExec, StartDone, StartLost, CloseLink, KillZygote,
    EndStrangers, Remark>;

} // namespace hearth::master
