// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "child_setup.hpp"
#include "plan.hpp"

#include <cstdint>
#include <string>

namespace hearth::master {

/// What every start has in common, beside the service's own plan.
struct LaunchContext {
    std::uint32_t generation = 0;
    std::uint64_t epoch = 0; ///< for anvil
    pid_t master_pid = 0;
    int settings = -1, life = -1, key = -1; ///< descriptors
    int null = -1, log = -1;
    bool reset_oom_score = false; ///< the master is protected from the OOM killer; who carries clients is not
    bool zygote = false; ///< the process that workers are forked from, not a worker
    std::vector<std::pair<std::string, int>> listeners = {};
};

/// The start of one process, as docs/protocol/service.md has it.
LaunchSpec make_launch_spec(const Plan& plan, const ServicePlan& service, const LaunchContext& context);

/// Descriptors that a process of the service may have open: what docs/master.md calculates.
rlim_t open_files_needed(const ServicePlan& service);

} // namespace hearth::master
