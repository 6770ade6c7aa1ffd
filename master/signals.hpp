// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <initializer_list>

namespace hearth::master {

/// Signals as bytes to read (signalfd(2)): blocked for the whole process, so no handler ever interrupts anything.
/// Children must unblock them (child_setup.hpp does). Must outlive the io_context's run().
class Signals {
public:
    Signals(boost::asio::any_io_executor executor, std::function<void(int signal)> handler);
    Result<void> open(std::initializer_list<int> signals);

private:
    boost::asio::awaitable<void> receive();

    boost::asio::any_io_executor executor_;
    std::function<void(int)> handler_;
    boost::asio::posix::stream_descriptor descriptor_;
};

} // namespace hearth::master
