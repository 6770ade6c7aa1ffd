// SPDX-License-Identifier: Apache-2.0
// One function per command, each in the file of its name. They read their arguments, append untagged responses to
// `context.out` and return the tagged one; after a failure of `arguments` any BAD will do, its sentence is put in place
// by the session. RFC sections are at the functions' definitions.
#pragma once

#include "context.hpp"
#include "reply.hpp"
#include "wire/arguments.hpp"

#include <boost/asio/awaitable.hpp>

namespace hearth::imap::command {

Reply capability(Context& context, Arguments& arguments);
Reply id(Context& context, Arguments& arguments);
Reply enable(Context& context, Arguments& arguments);
Reply noop(Context& context, Arguments& arguments);
Reply check(Context& context, Arguments& arguments);
Reply logout(Context& context, Arguments& arguments);
Reply name_space(Context& context, Arguments& arguments);
Reply status(Context& context, Arguments& arguments);
Reply select(Context& context, Arguments& arguments);
Reply examine(Context& context, Arguments& arguments);
Reply close(Context& context, Arguments& arguments);
Reply unselect(Context& context, Arguments& arguments);

asio::awaitable<Reply> list(Context& context, Arguments& arguments);
asio::awaitable<Reply> lsub(Context& context, Arguments& arguments);
asio::awaitable<Reply> fetch(Context& context, Arguments& arguments);
asio::awaitable<Reply> uid_fetch(Context& context, Arguments& arguments);
asio::awaitable<Reply> search(Context& context, Arguments& arguments);
asio::awaitable<Reply> uid_search(Context& context, Arguments& arguments);
asio::awaitable<Reply> idle(Context& context, Arguments& arguments);

} // namespace hearth::imap::command
