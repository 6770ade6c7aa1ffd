// SPDX-License-Identifier: Apache-2.0
// All commands by name: the table is the protocol.
#pragma once

#include "context.hpp"
#include "reply.hpp"
#include "wire/arguments.hpp"
#include "wire/command_parser.hpp"

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::imap {

/// Whether the client is told what others did before the command's tagged reply. EXPUNGE must not be sent while FETCH,
/// STORE or SEARCH by sequence numbers run (RFC 9051 section 7.5.1).
enum class SyncAfter {
    never,
    if_due, ///< when the last look is a second old
    always,
};

enum class Needs { login, mailbox };

struct CommandEntry {
    std::string_view name; ///< "UID FETCH"
    Needs needs;
    SyncAfter sync;
    /// One of the two does it.
    Reply (*plain)(Context& context, Arguments& arguments) = nullptr;
    asio::awaitable<Reply> (*slow)(Context& context, Arguments& arguments) = nullptr;
};

/// Reads " NAME" or " UID NAME" after the tag. Null when there is no such command or its mailbox isn't selected:
/// `arguments` has failed then and says why.
const CommandEntry* read_command(Arguments& arguments, bool has_mailbox);

/// CommandParser::Streams: APPEND takes the literals that are messages as they come.
bool takes_literals(std::string_view so_far);

} // namespace hearth::imap
