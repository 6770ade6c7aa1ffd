// SPDX-License-Identifier: Apache-2.0
// Asks one of the control sockets (docs/protocol/admin.md): a JSON object on a line, then JSON objects on lines until
// {"end":true} or {"error":...}.
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace hearth::admin {

constexpr std::chrono::seconds answer_timeout{10};

/// All objects of the answer but the last. The complaint says what to do: not running, not permitted, refused.
Checked<std::vector<boost::json::object>> ask(const std::string& socket_path, const boost::json::object& request);

} // namespace hearth::admin
