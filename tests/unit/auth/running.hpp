// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <doctest/doctest.h>
#include <exception>
#include <optional>

/// Runs the event loop until `work` has its result, at most ten seconds. Others may still be suspended then.
template <class T> T run_until_done(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
    std::optional<T> result;
    std::exception_ptr escaped;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T value) {
        escaped = error;
        result = std::move(value);
        io.stop();
    });
    io.restart();
    io.run_for(std::chrono::seconds(10));
    if (escaped) std::rethrow_exception(escaped);
    REQUIRE_MESSAGE(result.has_value(), "nothing came within ten seconds");
    return std::move(*result);
}
