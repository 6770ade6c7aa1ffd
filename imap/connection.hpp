// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

namespace hearth::imap {

namespace asio = boost::asio;

/// Why Connection::wait() returned.
enum class Wake { input, watch, timeout };

/// The client's stream as the protocol needs it; serve.cpp has the real one, tests have scripts.
class Connection {
public:
    virtual ~Connection() = default;
    /// At least one byte. asio::error::eof: the client has closed; timed_out: it was silent for too long;
    /// operation_aborted: the session is ended from outside (kick, shutdown).
    virtual asio::awaitable<Result<std::size_t>> read_some(std::span<char> out) = 0;
    /// All bytes, or an error.
    virtual asio::awaitable<Result<void>> write(std::string_view bytes) = 0;
    /// COMPRESS=DEFLATE (RFC 4978): what is written next goes as it is, everything after it compressed; everything that
    /// is read from now on has been. False: it can't be done here.
    virtual bool start_compression() { return false; }
    [[nodiscard]] virtual bool is_compressed() const { return false; }
    /// Until there is input (or end of file, or the session is ended), or `watch` (-1: none) is readable, or `timeout`
    /// has passed. Reads nothing.
    virtual asio::awaitable<Wake> wait(int watch, std::chrono::milliseconds timeout) = 0;
};

} // namespace hearth::imap
