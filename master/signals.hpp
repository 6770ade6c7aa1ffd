// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <initializer_list>
#include <sys/types.h>

namespace hearth::master {

/// Signals as bytes to read (signalfd(2)): blocked for the whole process, so no handler ever interrupts anything.
/// Children must unblock them (child_setup.hpp does). Must outlive the io_context's run().
class Signals {
public:
    /// `sender`: with SIGCHLD the child that it is about, or one of them: those that come together share a signal.
    using Handler = std::function<void(int signal, pid_t sender)>;

    Signals(boost::asio::any_io_executor executor, Handler handler);
    Result<void> open(std::initializer_list<int> signals);

private:
    boost::asio::awaitable<void> receive();

    boost::asio::any_io_executor executor_;
    Handler handler_;
    boost::asio::posix::stream_descriptor descriptor_;
};

} // namespace hearth::master
