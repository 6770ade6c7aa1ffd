// SPDX-License-Identifier: Apache-2.0
// All log lines of the instance come through here: the services' through one pipe each, the master's own directly.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "log_output.hpp"
#include "plan.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <deque>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <string>

namespace hearth::master {

/// Must outlive the coroutines that read its pipes, that is the io_context's run().
class LogSink {
public:
    static constexpr std::size_t kept_max = 1000;                 ///< warnings and errors for `hearth log errors`
    static constexpr std::size_t bytes_per_turn = 64 * 1024;      ///< of one service, so that none starves the others
    /// Under load a service's pipe fills for so long between two turns: many lines then cost one.
    static constexpr auto turn_pause = std::chrono::milliseconds(10);
    static constexpr std::size_t unfinished_bytes_max = 8 * 1024; ///< of a line without its end

    struct Kept {
        std::time_t time = 0;
        std::string service;
        log::Line line;
    };

    explicit LogSink(boost::asio::any_io_executor executor);
    ~LogSink();

    /// Opens where the plan says; on a complaint everything is as before. Until the first call lines go to stderr.
    Checked<void> configure(const LogPlan& plan);
    /// Opens log files again by their names.
    void reopen();

    /// The write end of the service's pipe, made at its first start and kept: it never ends, whoever dies.
    Result<int> pipe_for(const std::string& service);
    /// Reads what is in the pipes, without waiting: before the master ends.
    void drain();

    void write(std::string_view service, log::Line line);
    [[nodiscard]] const std::deque<Kept>& kept() const { return kept_; }

    template <class... Args>
    void error(fmt::format_string<Args...> format, Args&&... args) {
        write("master", {log::Level::error, "", fmt::format(format, std::forward<Args>(args)...)});
    }
    template <class... Args>
    void warning(fmt::format_string<Args...> format, Args&&... args) {
        write("master", {log::Level::warning, "", fmt::format(format, std::forward<Args>(args)...)});
    }
    template <class... Args>
    void info(fmt::format_string<Args...> format, Args&&... args) {
        write("master", {log::Level::info, "", fmt::format(format, std::forward<Args>(args)...)});
    }
    /// The caller knows whether anybody debugs.
    template <class... Args>
    void debug(fmt::format_string<Args...> format, Args&&... args) {
        write("master", {log::Level::debug, "", fmt::format(format, std::forward<Args>(args)...)});
    }

private:
    struct Pipe;
    boost::asio::awaitable<void> read_pipe(std::shared_ptr<Pipe> pipe);
    std::size_t read_some(Pipe& pipe);

    boost::asio::any_io_executor executor_;
    std::unique_ptr<LogOutput> errors_, infos_, debugs_; // infos_ and debugs_ only where they go elsewhere
    std::map<std::string, std::shared_ptr<Pipe>> pipes_;
    std::deque<Kept> kept_;
    std::string input_; // of the turn, kept: clearing 64 KiB each time would cost more than the lines
};

} // namespace hearth::master
