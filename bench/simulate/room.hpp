// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy.hpp"

namespace hearth::simulate {

/// Lets the trace run into a service of `workers` workers that starts empty, and returns the share of visits that found
/// their user's worker. All visits count, first ones too. Sessions are never cut: who comes while all workers are busy,
/// or while the policy lets none go, is served by a process that ends with the session.
double hit_ratio(const Trace& trace, std::uint32_t workers, Policy& policy);

} // namespace hearth::simulate
