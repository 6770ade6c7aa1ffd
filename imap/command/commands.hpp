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
Reply compress(Context& context, Arguments& arguments);
Reply get_jmap_access(Context& context, Arguments& arguments);
Reply enable(Context& context, Arguments& arguments);
Reply noop(Context& context, Arguments& arguments);
Reply check(Context& context, Arguments& arguments);
Reply logout(Context& context, Arguments& arguments);
Reply name_space(Context& context, Arguments& arguments);
Reply set_quota(Context& context, Arguments& arguments);
Reply unselect(Context& context, Arguments& arguments);

asio::awaitable<Reply> list(Context& context, Arguments& arguments);
asio::awaitable<Reply> lsub(Context& context, Arguments& arguments);
asio::awaitable<Reply> status(Context& context, Arguments& arguments);
asio::awaitable<Reply> create(Context& context, Arguments& arguments);
asio::awaitable<Reply> delete_mailbox(Context& context, Arguments& arguments);
asio::awaitable<Reply> rename(Context& context, Arguments& arguments);
asio::awaitable<Reply> subscribe(Context& context, Arguments& arguments);
asio::awaitable<Reply> unsubscribe(Context& context, Arguments& arguments);
asio::awaitable<Reply> get_quota(Context& context, Arguments& arguments);
asio::awaitable<Reply> get_quota_root(Context& context, Arguments& arguments);
asio::awaitable<Reply> fetch(Context& context, Arguments& arguments);
asio::awaitable<Reply> uid_fetch(Context& context, Arguments& arguments);
asio::awaitable<Reply> search(Context& context, Arguments& arguments);
asio::awaitable<Reply> uid_search(Context& context, Arguments& arguments);
asio::awaitable<Reply> sort(Context& context, Arguments& arguments);
asio::awaitable<Reply> uid_sort(Context& context, Arguments& arguments);
asio::awaitable<Reply> thread(Context& context, Arguments& arguments);
asio::awaitable<Reply> uid_thread(Context& context, Arguments& arguments);
asio::awaitable<Reply> select(Context& context, Arguments& arguments);
asio::awaitable<Reply> examine(Context& context, Arguments& arguments);
asio::awaitable<Reply> close(Context& context, Arguments& arguments);
asio::awaitable<Reply> append(Context& context, Arguments& arguments);
asio::awaitable<Reply> store_flags(Context& context, Arguments& arguments);
asio::awaitable<Reply> uid_store_flags(Context& context, Arguments& arguments);
asio::awaitable<Reply> copy(Context& context, Arguments& arguments);
asio::awaitable<Reply> uid_copy(Context& context, Arguments& arguments);
asio::awaitable<Reply> move(Context& context, Arguments& arguments);
asio::awaitable<Reply> uid_move(Context& context, Arguments& arguments);
asio::awaitable<Reply> expunge(Context& context, Arguments& arguments);
asio::awaitable<Reply> uid_expunge(Context& context, Arguments& arguments);
asio::awaitable<Reply> idle(Context& context, Arguments& arguments);

} // namespace hearth::imap::command
