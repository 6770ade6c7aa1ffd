// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.hpp"
#include "store/store.hpp"
#include "wire/list_request.hpp"

#include <string_view>

namespace hearth::imap::command {

/// "* STATUS INBOX (MESSAGES 3 UNSEEN 1)" with the items asked for. Asking for HIGHESTMODSEQ switches CONDSTORE on
/// (RFC 7162 section 3.1).
void append_status(
    Context& context, std::string_view mailbox, const StatusItems& items, const store::Status& status);

} // namespace hearth::imap::command
