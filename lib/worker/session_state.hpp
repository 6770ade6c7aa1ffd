// SPDX-License-Identifier: Apache-2.0
// What is behind a Session: its facts, its client's socket, and whether it is to end. Tests of protocols make one over
// a socketpair: Session(std::make_shared<Session::State>(executor, facts, "", std::move(fd))), then begin().
#pragma once

#include "base/unique_fd.hpp"
#include "config/snapshot.hpp"
#include "protocol/grant.hpp"
#include "worker/session.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>

namespace hearth::worker {

struct SessionFacts {
    std::shared_ptr<const protocol::Identity> identity; ///< one for all sessions of the process
    SessionId id;
    std::string remote_ip, local_ip;
    std::uint16_t remote_port = 0, local_port = 0;
    std::string login_tag;
    bool secured = false;
    const config::Snapshot* settings = nullptr; ///< the process's, outlives its sessions
};

struct Session::State : std::enable_shared_from_this<Session::State> {
    /// The client's socket is only held: before TAKEN it isn't ours to touch.
    State(const boost::asio::any_io_executor& executor, SessionFacts facts, std::string pipelined, UniqueFd client);
    ~State();

    /// The client is ours from here on (TAKEN was sent).
    Result<void> begin();
    /// Ends the session from outside: what reads is woken, the handler says why and returns.
    void end();
    /// Wakes what waits for the client, with operation_aborted.
    void interrupt();
    /// Takes the client's socket out of everything; the session reads and writes no more.
    UniqueFd release();
    /// Overwrites what the client sent and was not consumed, and what it was to be sent last.
    void wipe_memory();

    boost::asio::awaitable<Result<std::size_t>> read_some(std::span<char> out);
    boost::asio::awaitable<Result<void>> wait_readable();
    boost::asio::awaitable<Result<void>> write(std::string_view bytes);

    const boost::asio::any_io_executor executor;
    const SessionFacts facts;
    std::string last_bytes;
    bool is_ending = false;

    static constexpr auto write_timeout = std::chrono::seconds(60);    ///< without a byte taken by the client
    static constexpr auto last_word_timeout = std::chrono::seconds(2); ///< the same, once the session is ending

private:
    std::size_t take_pipelined(std::span<char> out);
    boost::asio::awaitable<error_code> wait(boost::asio::posix::stream_descriptor::wait_type what);
    boost::asio::awaitable<error_code> wait_for_room();

    UniqueFd held_; // until begin()
    boost::asio::posix::stream_descriptor client_;
    std::string pipelined_;
    std::size_t consumed_ = 0; // of pipelined_
};

} // namespace hearth::worker
