// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connection.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace hearth::imap {

/// What goes to the client. Replies gather in one buffer and leave in one write, when the input is used up or the
/// buffer is full; so a click's pipelined commands are answered in one packet, and FETCH 1:* never fills the memory.
/// A failed write sticks: what follows is dropped, and long commands look at failed() to stop early.
class Output {
public:
    static constexpr std::size_t flush_at = 64 * 1024;

    explicit Output(Connection& connection) : connection_(connection) {}

    [[nodiscard]] std::string& buffer() { return buffer_; }
    [[nodiscard]] bool is_full() const { return buffer_.size() >= flush_at; }
    [[nodiscard]] bool failed() const { return error_.failed(); }
    [[nodiscard]] error_code error() const { return error_; }
    /// Bytes that have left.
    [[nodiscard]] std::uint64_t written() const { return written_; }

    asio::awaitable<void> flush();
    /// The buffer, then `bytes` without copying them; the caller keeps them alive.
    asio::awaitable<void> write_through(std::string_view bytes);
    /// Empties the buffer without writing it.
    std::string take() { return std::exchange(buffer_, {}); }

private:
    asio::awaitable<void> send(std::string_view bytes);

    Connection& connection_;
    std::string buffer_;
    std::uint64_t written_ = 0;
    error_code error_;
};

} // namespace hearth::imap
