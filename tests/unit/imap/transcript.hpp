// SPDX-License-Identifier: Apache-2.0
// Plays one side of an IMAP session: bytes in, events and faults between them, and every byte that comes out.
#pragma once

#include "session.hpp"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hearth::imap::testing {

/// What happens next at the client's end.
using Step = std::variant<std::string, std::function<void()>, Wake, error_code>;

class ScriptedConnection final : public Connection {
public:
    explicit ScriptedConnection(std::vector<Step> script, std::size_t chunk = 1 << 20) : chunk_(chunk) {
        for (auto& step : script)
            script_.push_back(std::move(step));
    }

    asio::awaitable<Result<std::size_t>> read_some(std::span<char> out) override {
        run_actions();
        while (!script_.empty() && std::holds_alternative<Wake>(script_.front()))
            script_.pop_front();
        if (script_.empty()) co_return error_code(asio::error::eof);
        if (const auto* error = std::get_if<error_code>(&script_.front())) co_return *error;
        auto& text = std::get<std::string>(script_.front());
        const auto size = std::min({text.size(), out.size(), chunk_});
        std::copy_n(text.begin(), size, out.begin());
        text.erase(0, size);
        if (text.empty()) script_.pop_front();
        co_return size;
    }
    asio::awaitable<Result<void>> write(std::string_view bytes) override {
        if (fail_writes) co_return error_code(asio::error::broken_pipe);
        written += bytes;
        largest_write = std::max(largest_write, bytes.size());
        ++writes;
        co_return Result<void>();
    }
    asio::awaitable<Wake> wait(int watch, std::chrono::milliseconds timeout) override {
        watched = watch;
        patience = timeout;
        run_actions();
        if (script_.empty() || !std::holds_alternative<Wake>(script_.front())) co_return Wake::input;
        const auto wake = std::get<Wake>(script_.front());
        script_.pop_front();
        co_return wake;
    }

    std::string written;
    int writes = 0;
    int watched = -2;
    std::chrono::milliseconds patience{};
    std::size_t largest_write = 0;
    bool fail_writes = false;

private:
    void run_actions() {
        while (!script_.empty() && std::holds_alternative<std::function<void()>>(script_.front())) {
            std::get<std::function<void()>>(script_.front())();
            script_.pop_front();
        }
    }
    std::deque<Step> script_;
    std::size_t chunk_;
};

struct Transcript {
    std::string greeting; // the first line
    std::string output;   // all that follows, final bytes included
    Ended ended;
    int writes = 0;
};

inline Transcript play_on(ScriptedConnection& connection, store::Account& account, RenderedItems& rendered,
    SessionInfo info = {.login_tag = "L1"}) {
    asio::io_context io(1);
    Session session(account, connection, rendered, std::move(info));
    std::optional<Ended> ended;
    asio::co_spawn(io, session.run(), [&](std::exception_ptr failure, Ended result) {
        if (failure) std::rethrow_exception(failure);
        ended = std::move(result);
    });
    io.run();
    Transcript transcript;
    transcript.ended = ended.value();
    transcript.output = connection.written + transcript.ended.final_bytes;
    transcript.greeting = transcript.output.substr(0, transcript.output.find('\n') + 1);
    transcript.output.erase(0, transcript.greeting.size());
    transcript.writes = connection.writes;
    return transcript;
}

inline Transcript play(store::Account& account, std::vector<Step> script, std::size_t chunk = 1 << 20) {
    ScriptedConnection connection(std::move(script), chunk);
    RenderedItems rendered;
    return play_on(connection, account, rendered);
}

/// What `commands` are answered with, in one go.
inline std::string talk(store::Account& account, std::string_view commands) {
    std::vector<Step> script;
    script.emplace_back(std::string(commands));
    return play(account, std::move(script)).output;
}

/// The same after "s SELECT INBOX", without its replies.
inline std::string talk_selected(store::Account& account, std::string_view commands) {
    auto output = talk(account, "s SELECT INBOX\r\n" + std::string(commands));
    constexpr std::string_view selected = "Select completed.\r\n";
    return output.substr(output.find(selected) + selected.size());
}

} // namespace hearth::imap::testing
