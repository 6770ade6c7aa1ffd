// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "child_setup.hpp"

#include <memory>
#include <sys/types.h>

namespace hearth::master {

/// Starts programs. Boost.Process v2 is the launcher and nothing else: its handle is given up at once, because it would
/// keep a descriptor per process and reap behind the master's back.
class Launcher {
public:
    Launcher();
    ~Launcher();
    Launcher(const Launcher&) = delete;
    Launcher& operator=(const Launcher&) = delete;

    /// Returns when the program runs (exec succeeded), a few milliseconds. A child that could not become the program is
    /// reaped here; the error is that of the step that failed.
    Result<pid_t> launch(const LaunchSpec& spec);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

} // namespace hearth::master
