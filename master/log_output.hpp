// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "log_format.hpp"

#include <cstdint>
#include <string>

namespace hearth::master {

/// One place where log lines go: standard error, syslog or a file. Never blocks: what isn't taken now is dropped and
/// counted, and the next line that is taken tells how many.
class LogOutput {
public:
    /// `path`: "" or "stderr" or "/dev/stderr", "syslog", or a file, which is made (0600) when it isn't there.
    static Checked<LogOutput> open(const std::string& path, std::string_view timestamp, std::string_view facility);

    void write(std::time_t time, std::string_view service, const log::Line& line);
    /// Opens the file again by its name (after a rotation); the old one stays when that fails.
    Checked<void> reopen();
    [[nodiscard]] std::uint64_t dropped_total() const { return dropped_total_; }

private:
    enum class Kind : std::uint8_t { standard_error, journal, syslog, file };
    bool put(std::time_t time, std::string_view service, const log::Line& line);
    bool put_syslog(const std::string& datagram);

    Kind kind_ = Kind::standard_error;
    std::string path_, timestamp_;
    int facility_ = 0;
    UniqueFd fd_; // file or syslog
    std::uint64_t dropped_ = 0, dropped_total_ = 0;
};

/// Standard error is the journal's: $JOURNAL_STREAM names the very file that it is.
bool stderr_is_journal();

} // namespace hearth::master
