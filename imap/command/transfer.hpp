// SPDX-License-Identifier: Apache-2.0
// What COPY and MOVE have in common, and their target with APPEND.
#pragma once

#include "context.hpp"
#include "reply.hpp"
#include "wire/arguments.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::imap::command {

/// store_failure() for the mailbox that messages go to: TRYCREATE when there is none.
Reply target_failure(error_code error, std::string_view mailbox);

/// The refusal of what a mailbox opened by EXAMINE can't do.
Reply read_only_refusal();

struct TransferRequest {
    std::vector<std::uint32_t> uids; ///< ascending, may be none
    std::string target;
};

/// "2:4 Target", by UID or sequence number. Nothing: the reply to give.
std::optional<TransferRequest> read_transfer_request(Context& context, Arguments& arguments, bool uid, Reply& refusal);

/// Puts the messages into the target, all or none.
asio::awaitable<Result<store::Placed>> transfer(Context& context, const TransferRequest& request);

/// "[COPYUID 38505 304,319:320 3956:3958]" (RFC 4315).
std::string copyuid(const TransferRequest& request, const store::Placed& placed);

} // namespace hearth::imap::command
