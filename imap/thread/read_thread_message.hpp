// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/message_reader.hpp"
#include "thread/thread_tree.hpp"
#include "wire/search_request.hpp"

namespace hearth::imap {

/// What an algorithm asks of a message; the reader's errors. `row_index` is its place in the mailbox.
Result<ThreadMessage> read_thread_message(MessageReader& message, std::uint32_t row_index, ThreadAlgorithm algorithm);

} // namespace hearth::imap
