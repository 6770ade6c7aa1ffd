// SPDX-License-Identifier: Apache-2.0
// `service status` as text. PURE.
#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace hearth::admin {

/// The master's columns, then what anvil counts of the same service (empty: it has nothing of it), a name on each line.
std::string service_text(const boost::json::object& master, const boost::json::object& anvil);

/// "idle-kill 3, eviction 5", the greatest first; "none".
std::string counts_text(const boost::json::object& counts);
/// "93.1 %", of an anvil's tally; "-" if nobody came.
std::string ratio_text(const boost::json::object& tally);

} // namespace hearth::admin
