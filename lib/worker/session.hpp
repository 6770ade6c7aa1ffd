// SPDX-License-Identifier: Apache-2.0
// What a worker's author sees (docs/protocol/worker.md): a session of a user, and serve().
#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hearth::config {
class Snapshot;
}

namespace hearth::worker {

/// One client's stay, from TAKEN to its end. A cheap handle: copies mean the same session. All sessions of a process
/// belong to one user. When the handler returns, the session is over: the framework publishes that the worker is free,
/// then writes the last bytes and closes (design: "free first, last bytes after").
class Session {
public:
    [[nodiscard]] const std::string& user() const;
    [[nodiscard]] const std::string& home() const;
    [[nodiscard]] const std::string& mail_location() const;              ///< the user's own, or empty: the setting's
    [[nodiscard]] const std::string& policy(std::string_view key) const; ///< a policy field of the grant, or empty
    [[nodiscard]] const SessionId& id() const;
    [[nodiscard]] const std::string& remote_ip() const;
    [[nodiscard]] const std::string& local_ip() const;
    /// TLS on the client's side, or a connection that never leaves the machine.
    [[nodiscard]] bool is_secured() const;
    /// What login left for the protocol, e.g. the tag of IMAP's LOGIN command.
    [[nodiscard]] const std::string& login_tag() const;
    [[nodiscard]] const config::Snapshot& settings() const;
    [[nodiscard]] boost::asio::any_io_executor executor() const;

    /// At least one byte into `out`: first what the client had sent before the handover, then from its socket. eof when
    /// it has closed; operation_aborted when the session was kicked or the service ends.
    boost::asio::awaitable<Result<std::size_t>> read_some(std::span<char> out);
    /// Returns when there is something to read (or eof, or kicked), without reading.
    boost::asio::awaitable<Result<void>> wait_readable();
    /// Ends a read_some() or wait_readable() that waits: operation_aborted, and the session goes on.
    void interrupt();
    /// All bytes, or an error: timed_out when the client took nothing for 60 s. `bytes` must stay until it returns.
    boost::asio::awaitable<Result<void>> write(std::string_view bytes);
    /// The last bytes of this session, at most 4 KiB: written after the worker has published that it is free. Call it
    /// just before the handler returns, when nothing of this session is left to do.
    void finish_with(std::string last_bytes);
    /// True once the session was ended from outside (kick, shutdown): say why to the client and return.
    [[nodiscard]] bool is_ending() const;

    struct State;
    explicit Session(std::shared_ptr<State> state);

private:
    std::shared_ptr<State> state_;
};

using Handler = std::function<boost::asio::awaitable<void>(Session)>;

struct Hooks {
    /// The last session has ended and the worker goes idle: give memory back.
    std::function<void()> went_idle;
    /// In the zygote, once, before any worker is forked from it: initialises what every worker would have to. It may
    /// open nothing that stays open, start no thread, keep nothing that is anybody's, and leave no generator of random
    /// numbers seeded: all workers would draw the same.
    std::function<void(const config::Snapshot&)> prepare = {};
};

/// A whole worker's main(): takes what the master gave, waits unbound on the shared listener, binds itself to the first
/// user it gets and drops its privileges for good, serves that user's sessions until it has been idle for `idle_kill`,
/// was told to leave, or has served `service_count` sessions. Returns the exit code. Started as a zygote the process forks
/// workers instead, and each of them does that.
int serve(std::string_view service, Handler handler, Hooks hooks = {});

/// For the end of main(), when all that must be closed is closed: ends the process without what libraries do at exit. It
/// would only free what ends anyway, and write to pages for it that a forked worker shares with its zygote: each would be
/// copied first (155 of them, half the cost of an eviction). Sanitized builds exit as usual: they report then.
[[noreturn]] void end(int code);

} // namespace hearth::worker
