// SPDX-License-Identifier: Apache-2.0
// A zygote: a process that has loaded and initialised what every worker of its service needs, and is forked when the
// master wants one (docs/adr/0007-zygote.md). It has one thread, no event loop, no listener and nobody's data; its
// workers are the master's children.
#pragma once

#include "process/start.hpp"

#include <functional>

namespace hearth::process {

/// For a process that was started as a zygote (Start::is_zygote()), prepared, and not yet READY. Says READY and forks on
/// each of the master's orders, until the link or the master is gone: then it returns false. Returns true in every forked
/// worker; `start` is the worker's own then: its descriptors, a connection to the master, HELLO said. Throws
/// std::runtime_error when this process can't be a zygote, in a worker when it can't be one.
bool fork_workers(Start& start);

} // namespace hearth::process
