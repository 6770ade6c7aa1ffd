// SPDX-License-Identifier: Apache-2.0
// The administrator's socket: one JSON object per line in, JSON objects per line out, the last one {"end":true} or
// {"error":"..."}. test, user and flush (docs/protocol/auth.md).
#pragma once

#include "authenticator.hpp"
#include "base/unique_fd.hpp"

#include <boost/asio/awaitable.hpp>

namespace hearth::auth {

/// Serves one connection until it ends. `authenticator` must outlive it.
boost::asio::awaitable<void> serve_administrator(UniqueFd socket, Authenticator& authenticator);

} // namespace hearth::auth
