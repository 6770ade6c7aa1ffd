// SPDX-License-Identifier: Apache-2.0
// What EXPUNGE, UID EXPUNGE, CLOSE and MOVE have in common.
#pragma once

#include "context.hpp"
#include "reply.hpp"

#include "base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hearth::imap::command {

/// The messages of these rows that have \Deleted.
std::vector<std::uint32_t> deleted_uids(const View& view, std::span<const RowRange> ranges);

/// Removes messages for good, some at a time, so that others have their turn; `only_deleted`: those that have lost \Deleted
/// meanwhile stay. After an error those before it are gone.
boost::asio::awaitable<Result<void>> expunge_in_turns(
    Context& context, std::span<const std::uint32_t> uids, bool only_deleted);

/// OK of a command that expunged, and told so: with HIGHESTMODSEQ for clients that keep it (RFC 7162 section 3.2.7).
Reply expunged_reply(const Context& context, const std::string& text);

} // namespace hearth::imap::command
