// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"
#include "patience.hpp"
#include "wire/response_writer.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::imap {

void Context::hang_up(std::string words, std::string reason) {
    if (!end_reason.empty()) return;
    bye = std::move(words);
    end_reason = std::move(reason);
}

asio::awaitable<void> Context::read(std::size_t size) {
    const auto got = co_await connection.read_some(input.room(size));
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
    if (progress.is_due(running_since)) co_await tell_progress();
}

asio::awaitable<void> Context::tell_progress() {
    progress.append(out.buffer(), tag, Clock::now());
    co_await out.flush();
}

asio::awaitable<Result<void>> Context::sync(bool waits) {
    if (!selected) co_return Result<void>();
    auto job = [this, waits]() -> Result<store::Changes> {
        auto found = selected->mailbox().sync();
        if (!waits && !found && found.error() == store::Error::busy) return store::Error::in_use;
        return found;
    };
    const auto found = co_await patiently(*this, job);
    if (found) {
        selected->tell(out.buffer(), *found, Clock::now());
    } else if (found.error() == store::Error::no_such_mailbox) {
        hang_up("The selected mailbox was deleted.", "Disconnected: Selected mailbox was deleted");
    }
    if (selected->is_invalid())
        hang_up("The selected mailbox was made anew (UIDVALIDITY changed).", "Disconnected: UIDVALIDITY changed");
    co_return found ? Result<void>() : Result<void>(found.error());
}

void Context::enable_condstore() {
    if (enabled.condstore) return;
    enabled.condstore = true;
    if (!selected || !selected->mailbox().keeps_modseqs()) return;
    out.buffer() += "* OK [HIGHESTMODSEQ ";
    append_number(out.buffer(), selected->mailbox().highest_modseq());
    out.buffer() += "] Highest\r\n";
}

std::optional<std::vector<RowRange>> Context::rows_of(const MessageSet& set, bool uid) const {
    if (set.is_saved_result) return selected->rows_of_uids(search_result);
    if (uid) return selected->rows_of_uids(set.numbers);
    return selected->rows_of_sequence(set.numbers);
}

} // namespace hearth::imap
