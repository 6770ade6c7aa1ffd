// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.hpp"
#include "wire/select_request.hpp"

#include <boost/asio/awaitable.hpp>

namespace hearth::imap::command {

/// SELECT (QRESYNC ...): tells what happened to the selected mailbox since the client saw it, as VANISHED (EARLIER) and
/// FETCH (RFC 7162 section 3.2.5). Nothing, when the client knows another mailbox. An error of the store, or none.
asio::awaitable<error_code> resynchronise(Context& context, const KnownState& known);

} // namespace hearth::imap::command
