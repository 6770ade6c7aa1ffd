// SPDX-License-Identifier: Apache-2.0
#include "log_format.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <syslog.h>

namespace hearth::master {
namespace {

std::string ended(std::string line) {
    if (line.size() >= output_line_bytes_max) line.resize(output_line_bytes_max - 1);
    line += '\n';
    return line;
}

std::string at(std::string_view format, std::time_t time) {
    std::tm parts{};
    ::localtime_r(&time, &parts);
    std::array<char, 128> text{};
    const auto size = std::strftime(text.data(), text.size(), std::string(format).c_str(), &parts);
    return {text.data(), size};
}

// As in Dovecot's syslog lines: what is only information doesn't say so.
std::string_view worded(log::Level level) {
    switch (level) {
    case log::Level::error: return "Error: ";
    case log::Level::warning: return "Warning: ";
    case log::Level::debug: return "Debug: ";
    default: return "";
    }
}

} // namespace

std::string file_line(std::string_view timestamp, std::time_t time, std::string_view service, const log::Line& line) {
    return ended(fmt::format("{}{}{}: {}: {}", at(timestamp, time), service, line.identity, log::name(line.level), line.text));
}

std::string journal_line(std::string_view service, const log::Line& line) {
    return ended(fmt::format("<{}>{}{}: {}{}", static_cast<int>(line.level), service, line.identity, worded(line.level), line.text));
}

std::string syslog_line(int facility, std::time_t time, long pid, std::string_view service, const log::Line& line) {
    auto text = fmt::format("<{}>{}hearth[{}]: {}{}: {}{}", facility | static_cast<int>(line.level), at("%b %e %H:%M:%S ", time),
        pid, service, line.identity, worded(line.level), line.text);
    if (text.size() > output_line_bytes_max) text.resize(output_line_bytes_max);
    return text;
}

int facility_number(std::string_view name) {
    using Entry = std::pair<std::string_view, int>;
    constexpr std::array facilities = {Entry{"auth", LOG_AUTH}, Entry{"authpriv", LOG_AUTHPRIV}, Entry{"cron", LOG_CRON},
        Entry{"daemon", LOG_DAEMON}, Entry{"ftp", LOG_FTP}, Entry{"kern", LOG_KERN}, Entry{"lpr", LOG_LPR},
        Entry{"mail", LOG_MAIL}, Entry{"news", LOG_NEWS}, Entry{"syslog", LOG_SYSLOG}, Entry{"user", LOG_USER},
        Entry{"uucp", LOG_UUCP}, Entry{"local0", LOG_LOCAL0}, Entry{"local1", LOG_LOCAL1}, Entry{"local2", LOG_LOCAL2},
        Entry{"local3", LOG_LOCAL3}, Entry{"local4", LOG_LOCAL4}, Entry{"local5", LOG_LOCAL5},
        Entry{"local6", LOG_LOCAL6}, Entry{"local7", LOG_LOCAL7}};
    const auto found = std::ranges::find(facilities, name, &Entry::first);
    return found == facilities.end() ? LOG_MAIL : found->second;
}

} // namespace hearth::master
