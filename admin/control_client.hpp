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

/// How long to wait after the answer: not at all, or until the process behind the socket has ended (end of file). The
/// latter has no deadline: how long sessions may take to end is the master's to know.
enum class Wait : unsigned char { for_answer, for_its_end };

/// All objects of the answer but the last. The complaint says what to do: not running, not permitted, refused.
Checked<std::vector<boost::json::object>> ask(
    const std::string& socket_path, const boost::json::object& request, Wait wait = Wait::for_answer);

} // namespace hearth::admin
