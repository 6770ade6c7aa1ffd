// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"
#include "wire/list_request.hpp"

#include <string>
#include <string_view>

namespace hearth::imap::command {

/// "* STATUS INBOX (MESSAGES 3 UNSEEN 1)" with the items asked for.
void append_status(std::string& out, std::string_view mailbox, const StatusItems& items, const store::Status& status);

} // namespace hearth::imap::command
