// SPDX-License-Identifier: Apache-2.0
#include "log/log.hpp"
#include "base/text.hpp"

#include <poll.h>
#include <unistd.h>

namespace hearth::log {
namespace {

// One process has one log: its stderr. This is the only global state of Hearth's libraries.
struct Sink {
    std::string identity;
    bool debug = false;
    std::uint64_t dropped = 0;
};

Sink& sink() {
    static Sink instance;
    return instance;
}

bool put(Level level, std::string_view text) {
    const auto line = fmt::format("<{}>{}\t{}\n", static_cast<int>(level), sink().identity, printable(text, line_bytes_max - 512));
    // The pipe is shared with other processes, so its file status can't be made non-blocking here; a pipe that polls
    // writable takes PIPE_BUF bytes at once.
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
    return ::write(STDERR_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

} // namespace

void set_identity(std::string identity) {
    sink().identity = printable(identity, 400);
}

void enable_debug() {
    sink().debug = true;
}

bool is_enabled(Level level) {
    return level != Level::debug || sink().debug;
}

void write(Level level, std::string_view text) {
    if (!is_enabled(level)) return;
    auto& state = sink();
    if (state.dropped > 0) {
        if (!put(Level::warning, fmt::format("{} log lines were dropped: the log was not read fast enough", state.dropped))) {
            ++state.dropped;
            return;
        }
        state.dropped = 0;
    }
    if (!put(level, text)) ++state.dropped;
}

Line parse_line(std::string_view line) {
    Line result;
    const auto tab = line.find('\t');
    const bool ours = line.size() > 3 && line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>' &&
                      tab != std::string_view::npos;
    if (!ours) {
        result.text = printable(line, line_bytes_max);
        return result;
    }
    const int number = line[1] - '0';
    result.level = number <= 3 ? Level::error : number == 4 ? Level::warning : number <= 6 ? Level::info : Level::debug;
    result.identity = line.substr(3, tab - 3);
    result.text = line.substr(tab + 1);
    return result;
}

std::string_view name(Level level) {
    switch (level) {
    case Level::error: return "Error";
    case Level::warning: return "Warning";
    case Level::info: return "Info";
    case Level::debug: return "Debug";
    }
    return "?";
}

} // namespace hearth::log
