// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ledger.hpp"

#include <string>

namespace hearth::anvil {

/// The remark as a line for the log: what happened, the numbers, what to set and what that costs.
std::string limit_text(const LimitRemark& remark);

} // namespace hearth::anvil
