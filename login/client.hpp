// SPDX-License-Identifier: Apache-2.0
// One client's connection as long as login has it. Nothing is ever read from it but what the dialogue asks for, and no
// read is outstanding between two calls: so the moment it is offered to a worker, what the client sent is either in
// our hands or untouched in the kernel.
//
// Here is the place of TLS: read(), write() and detach() are all that the dialogues know of the transport.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "endpoints.hpp"
#include "wakeup.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace hearth::login {

/// Why a client that isn't logged in is told to go.
enum class Interrupt : unsigned char {
    none,
    timeout,       ///< login_auth_timeout
    displaced,     ///< made room for another (client_limit)
    shutting_down, ///< the process ends
};

class Client : public std::enable_shared_from_this<Client> {
public:
    static constexpr std::size_t read_bytes_max = 4096;

    /// `socket` is connected and non-blocking.
    Client(boost::asio::any_io_executor executor, UniqueFd socket, Endpoints endpoints);
    ~Client();

    [[nodiscard]] const Endpoints& endpoints() const { return endpoints_; }

    /// What there is, at most read_bytes_max; waits for the first byte. eof; operation_aborted when interrupted.
    boost::asio::awaitable<Result<std::string>> read();
    /// All of it. operation_aborted when interrupted while the client doesn't take it.
    boost::asio::awaitable<Result<void>> write(std::string bytes);
    /// What fits into the socket now: last words, for which nobody waits.
    void say_and_forget(std::string_view bytes);

    /// The total time of a client that isn't logged in: interrupt(timeout) then.
    void set_deadline(Time when);
    void clear_deadline() { deadline_.cancel(); }
    /// Wakes whatever the client's coroutine waits for. The first reason counts.
    void interrupt(Interrupt why);
    [[nodiscard]] Interrupt interrupted() const { return interrupted_; }
    /// For everything else that the client's coroutine waits for: auth, anvil, workers.
    Wakeup& wakeup() { return wakeup_; }

    /// Takes the socket out of the event loop (a registration would outlive our descriptor while a worker has the
    /// socket), or puts it back.
    void detach();
    void attach();
    [[nodiscard]] int native_handle() const { return fd_; }
    /// Has the client hung up for good? Only asked, nothing is read. A client that said more before it shut its side is
    /// still served.
    [[nodiscard]] bool has_hung_up(bool has_pipelined) const;

    /// Another process owns the client now: only our descriptor is closed.
    void give_away();
    /// We own it: it hears the end even if a copy of the socket lies in some offer nobody looks at.
    void close();
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }

private:
    Result<std::string> try_read();

    boost::asio::posix::stream_descriptor socket_; // holds fd_ while attached
    int fd_ = -1;
    Endpoints endpoints_;
    boost::asio::steady_timer deadline_;
    Wakeup wakeup_;
    Interrupt interrupted_ = Interrupt::none;
};

} // namespace hearth::login
