// SPDX-License-Identifier: Apache-2.0
// How a line of a child's pipe looks where the administrator reads it. Pure.
#pragma once

#include "log/log.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace hearth::master {

/// The file format of Dovecot: "Nov 22 04:30:00 imap(alice)<1234><4f2a>: Info: text". `timestamp` is a format of
/// strftime(3). With the newline.
std::string file_line(std::string_view timestamp, std::time_t time, std::string_view service, const log::Line& line);
/// For the journal, which reads the level from "<n>" and has a clock of its own: "<6>imap(alice)<1234><4f2a>: text".
std::string journal_line(std::string_view service, const log::Line& line);
/// One datagram for /dev/log (RFC 3164): "<22>Nov 22 04:30:00 hearth[77]: imap(alice)<1234><4f2a>: text".
std::string syslog_line(int facility, std::time_t time, long pid, std::string_view service, const log::Line& line);

/// The number of a facility's name ("mail", "local0"), shifted as in syslog(3); mail's for a name that isn't known.
int facility_number(std::string_view name);

/// A whole line at most, so that a pipe takes it in one piece (PIPE_BUF).
constexpr std::size_t output_line_bytes_max = 4096;

} // namespace hearth::master
