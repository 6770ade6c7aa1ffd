// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/report.hpp"
#include "config/settings.hpp"

namespace hearth::config {

/// Reports settings that are good alone and can't hold together, with the arithmetic. `managed`: the master is root,
/// and users are walls.
void find_contradictions(const Settings& settings, bool managed, Report& report);

} // namespace hearth::config
