// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::imap {
namespace {

constexpr std::size_t read_size = 8 * 1024;

} // namespace

void Context::hang_up(std::string words, std::string reason) {
    if (!end_reason.empty()) return;
    bye = std::move(words);
    end_reason = std::move(reason);
}

asio::awaitable<void> Context::read() {
    const auto got = co_await connection.read_some(input.room(read_size));
    running_since = Clock::now();
    if (got) {
        statistics.bytes_in += *got;
        input.commit(*got);
    } else if (got.error() == asio::error::eof) {
        client_gone = true;
        hang_up("", "Disconnected: Connection closed");
    } else if (got.error() == asio::error::timed_out) {
        hang_up("Disconnected for inactivity.", "Disconnected for inactivity");
    } else if (got.error() == asio::error::operation_aborted) {
        hang_up(
            "[UNAVAILABLE] The server ends this session, please connect again.", "Disconnected: Ended by the server");
    } else {
        hang_up("", "Disconnected: " + got.error().message());
    }
}

asio::awaitable<void> Context::breathe() {
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    running_since = Clock::now();
}

Result<void> Context::sync() {
    if (!selected) return {};
    const auto synced = selected->sync(out.buffer(), Clock::now());
    if (!synced && synced.error() == store::Error::no_such_mailbox)
        hang_up("The selected mailbox was deleted.", "Disconnected: Selected mailbox was deleted");
    else if (selected->is_invalid())
        hang_up("The selected mailbox was made anew (UIDVALIDITY changed).", "Disconnected: UIDVALIDITY changed");
    return synced;
}

} // namespace hearth::imap
