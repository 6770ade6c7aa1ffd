// SPDX-License-Identifier: Apache-2.0
// One event, one line. Every process writes to its stderr, which is the service's log pipe to the master; the master
// adds time and service and passes it on to where `log_path` says (docs/protocol/service.md, "Log lines").
#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>

namespace hearth::log {

/// The numbers of syslog(3).
enum class Level : std::uint8_t { error = 3, warning = 4, info = 6, debug = 7 };

/// What stands behind the service's name in every line from now on, e.g. "(alice)<1234><4f...>"; "" for none.
void set_identity(std::string identity);
/// Debug lines are left out unless this was called.
void enable_debug();

/// Writes one line, made printable and cut at line_bytes_max. Never blocks: when nobody reads the pipe the line is
/// dropped and counted, and the next line that goes through tells how many.
void write(Level level, std::string_view text);
bool is_enabled(Level level);

constexpr std::size_t line_bytes_max = 4000; ///< below PIPE_BUF, so lines of several processes never mix

template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (is_enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}

/// A line as it stands in the pipe: "<6>(alice)<12><4f>\tLogged out". What isn't one (a library's own words) is a
/// warning without identity.
struct Line {
    Level level = Level::warning;
    std::string identity, text;
};
Line parse_line(std::string_view line);
std::string_view name(Level level);

} // namespace hearth::log
