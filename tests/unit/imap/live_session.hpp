// SPDX-License-Identifier: Apache-2.0
// A session that a test talks to step by step, several of them on one io_context: what changes between two commands of
// a client is up to the test.
#pragma once

#include "session.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hearth::imap::testing {

class LiveConnection final : public Connection {
public:
    explicit LiveConnection(asio::io_context& io) : bell_(io) {}

    asio::awaitable<Result<std::size_t>> read_some(std::span<char> out) override {
        while (input_.empty() && !closed_) {
            bell_.expires_at(std::chrono::steady_clock::time_point::max());
            co_await bell_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        if (input_.empty()) co_return error_code(asio::error::eof);
        const auto size = std::min(input_.size(), out.size());
        std::copy_n(input_.begin(), size, out.begin());
        input_.erase(0, size);
        co_return size;
    }
    asio::awaitable<Result<void>> write(std::string_view bytes) override {
        output += bytes;
        co_return Result<void>();
    }
    /// Never times out: tests of that have scripts (transcript.hpp).
    asio::awaitable<Wake> wait(int, std::chrono::milliseconds) override {
        while (input_.empty() && !closed_) {
            bell_.expires_at(std::chrono::steady_clock::time_point::max());
            co_await bell_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        co_return Wake::input;
    }
    void send(std::string_view bytes) {
        input_ += bytes;
        bell_.cancel();
    }
    void close() {
        closed_ = true;
        bell_.cancel();
    }

    std::string output;

private:
    asio::steady_timer bell_;
    std::string input_;
    bool closed_ = false;
};

class LiveSession {
public:
    LiveSession(asio::io_context& io, store::Account& account, SessionInfo info = {.login_tag = "L1"})
        : io_(io), connection_(io), session_(account, connection_, rendered_, std::move(info)) {
        asio::co_spawn(io, session_.run(), [this](std::exception_ptr failure, Ended result) {
            if (failure) std::rethrow_exception(failure);
            ended_ = std::move(result);
        });
        say("");
    }
    LiveSession(const LiveSession&) = delete;
    LiveSession& operator=(const LiveSession&) = delete;
    ~LiveSession() {
        connection_.close();
        run();
    }

    /// What the server answers until it waits for more.
    std::string say(std::string_view bytes) {
        connection_.send(bytes);
        run();
        return std::exchange(connection_.output, {});
    }
    void close() {
        connection_.close();
        run();
    }
    [[nodiscard]] const std::optional<Ended>& ended() const { return ended_; }

private:
    void run() {
        io_.restart();
        io_.poll();
    }

    asio::io_context& io_;
    LiveConnection connection_;
    RenderedItems rendered_;
    Session session_;
    std::optional<Ended> ended_;
};

} // namespace hearth::imap::testing
