// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace hearth::anvil {

/// A listening unix stream socket that the master made.
class Listener {
public:
    Listener(boost::asio::any_io_executor executor, UniqueFd socket) : socket_(std::move(executor), socket.release()) {}

    /// The next connection, non-blocking. Errors: operation_aborted or bad_descriptor after close(). Where the process
    /// or the machine is out of descriptors it waits and tries again: who is in the backlog loses nothing.
    boost::asio::awaitable<Result<UniqueFd>> accept();
    void close();

private:
    boost::asio::posix::stream_descriptor socket_;
};

} // namespace hearth::anvil
