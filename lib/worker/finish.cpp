// SPDX-License-Identifier: Apache-2.0
// A session from TAKEN to its end. "Free first, last bytes after": a client that reconnects on reading its last bytes
// finds this worker free, because gate and report were there before them. That is sound only because the handler has
// returned (nothing of the session will be parsed or done any more), its memory is wiped, and free_first() runs without
// an await: a new offer waits in the backlog meanwhile.
#include "base/text.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "worker/last_bytes.hpp"
#include "worker/stop_point.hpp"
#include "worker/worker.hpp"

#include <algorithm>
#include <unistd.h>

namespace hearth::worker {

namespace asio = boost::asio;

asio::awaitable<void> Worker::run_session(SessionPtr session) {
    if (const auto begun = session->begin(); begun)
        co_await serve(session);
    else
        log::error("the client can't be watched: {}", begun.error().message());

    if (may_free_first(*session))
        free_first(session);
    else
        co_await write_first(session);
}

// Calls the handler; what escapes it ends this session only.
asio::awaitable<void> Worker::serve(SessionPtr session) {
    // Not before TAKEN: a home may be slow, and nobody may be kept in doubt by it. Not having one is the store's
    // affair.
    if (const auto& home = session->facts.identity->home; home.empty() || ::chdir(home.c_str()) != 0)
        (void)!::chdir("/");
    try {
        auto work = handler_(Session(session));
        co_await std::move(work);
    } catch (const std::exception& escaped) {
        log::error("session {} was ended by an error: {}", session->facts.id.text(), escaped.what());
        session->last_bytes.clear();
    }
}

bool Worker::may_free_first(const Session::State& session) const {
    return life_.frees_first() && !draining_ && session.last_bytes.size() <= last_bytes_max;
}

void Worker::free_first(const SessionPtr& session) {
    auto last = std::move(session->last_bytes);
    session->wipe_memory();
    auto client = session->release();
    forget(session);
    set_gate();
    reports_.publish_before_last_bytes();
    stop_point("published-before-final-bytes");
    const auto sent = send_at_once(client.get(), last);
    if (sent == last.size()) {
        hang_up(std::move(client));
        wipe(last);
    } else {
        draining_ = true;
        net::spawn(executor_, drain(std::move(client), last.substr(sent)), "last bytes");
        wipe(last);
    }
    settle();
}

asio::awaitable<void> Worker::write_first(SessionPtr session) {
    const auto written = co_await session->write(session->last_bytes);
    if (!written) log::debug("the last bytes were not taken: {}", written.error().message());
    session->wipe_memory();
    hang_up(session->release());
    forget(session);
    publish();
    settle();
}

asio::awaitable<void> Worker::drain(UniqueFd client, std::string rest) {
    auto sending = send_rest(executor_, std::move(client), std::move(rest), Clock::now() + drain_time);
    co_await std::move(sending);
    draining_ = false;
    changed();
}

// The session counts no more, for us and in the next report.
void Worker::forget(const SessionPtr& session) {
    std::erase(sessions_, session);
    reports_.session_ended(session->facts.id);
    life_.ended(Clock::now());
    identify(nullptr);
}

} // namespace hearth::worker
