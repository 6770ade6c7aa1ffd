// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/report.hpp"
#include "config/settings.hpp"

namespace hearth::config {

/// Makes typed settings of the outermost block, whose values are known to be well formed: puts in what a value stands
/// for (0 is default_client_limit, `$default_login_user` a name, 5% a count), leaves out listeners that are off.
/// Holds all services, also those that `protocols` leaves out. Reports values that are good alone and impossible
/// where they stand.
Settings assemble(Block root, Report& report);

/// Does `protocols` start this service?
bool is_served(const Settings& settings, const ServiceSettings& service);

} // namespace hearth::config
