// SPDX-License-Identifier: Apache-2.0
#include "log_output.hpp"
#include "net/unix_socket.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::master {
namespace {

Checked<UniqueFd> open_file(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
    if (!fd) return Complaint{fmt::format("can't open the log file {}: {}", path, last_error().message())};
    return fd;
}

bool write_whole(int fd, std::string_view text) {
    return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// For what others may have open too, so that it can't be made non-blocking.
bool write_if_ready(int fd, std::string_view text) {
    pollfd ready{fd, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
    return write_whole(fd, text);
}

} // namespace

bool stderr_is_journal() {
    const char* named = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (named == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
    return fmt::format("{}:{}", status.st_dev, status.st_ino) == named;
}

Checked<LogOutput> LogOutput::open(const std::string& path, std::string_view timestamp, std::string_view facility) {
    LogOutput output;
    output.timestamp_ = timestamp;
    output.facility_ = facility_number(facility);
    if (path.empty() || path == "stderr" || path == "/dev/stderr") {
        output.kind_ = stderr_is_journal() ? Kind::journal : Kind::standard_error;
    } else if (path == "syslog") {
        output.kind_ = Kind::syslog;
    } else {
        output.kind_ = Kind::file;
        output.path_ = path;
        auto fd = open_file(path);
        if (!fd) return fd.error();
        output.fd_ = std::move(*fd);
    }
    return output;
}

Checked<void> LogOutput::reopen() {
    if (kind_ != Kind::file) return {};
    auto fd = open_file(path_);
    if (!fd) return fd.error();
    fd_ = std::move(*fd);
    return {};
}

void LogOutput::write(std::time_t time, std::string_view service, const log::Line& line) {
    if (dropped_ > 0) {
        const log::Line confession{log::Level::warning, "", fmt::format("{} log lines were dropped: nobody took them in time", dropped_)};
        if (put(time, "master", confession)) dropped_ = 0;
    }
    if (dropped_ == 0 && put(time, service, line)) return;
    ++dropped_;
    ++dropped_total_;
}

bool LogOutput::put(std::time_t time, std::string_view service, const log::Line& line) {
    switch (kind_) {
    case Kind::standard_error: return write_if_ready(STDERR_FILENO, file_line(timestamp_, time, service, line));
    case Kind::journal: return write_if_ready(STDERR_FILENO, journal_line(service, line));
    case Kind::syslog: return put_syslog(syslog_line(facility_, time, ::getpid(), service, line));
    case Kind::file: return write_whole(fd_.get(), file_line(timestamp_, time, service, line));
    }
    return false;
}

// Not syslog(3): it would wait for a log daemon that doesn't read.
bool LogOutput::put_syslog(const std::string& datagram) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!fd_) {
            auto made = net::connect_unix("/dev/log", net::datagram);
            if (!made) return false;
            fd_ = std::move(*made);
        }
        const auto sent = net::send_message(fd_.get(), datagram);
        if (sent) return true;
        if (sent.error().value() == EAGAIN) return false;
        fd_.reset(); // the daemon was restarted
    }
    return false;
}

} // namespace hearth::master
