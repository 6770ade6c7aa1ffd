// SPDX-License-Identifier: Apache-2.0
#include "child_setup.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/close_range.h>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hearth::master {
namespace {

constexpr std::string_view pid_variable = "LISTEN_PID=";
constexpr std::size_t pid_digits = 10;
constexpr int descriptors_without_close_range = 65536; // before Linux 5.11
constexpr int capability_numbers = 64;

char* data(const std::string& text) {
    return const_cast<char*>(text.c_str());
}

// One's own signal handlers and masks are of no use to another program, and would surprise it.
void reset_signals() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal <= SIGRTMAX; ++signal) ::sigaction(signal, &standard, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool set_limit(decltype(RLIMIT_NOFILE) which, const std::optional<rlim_t>& value) {
    if (!value) return true;
    rlimit limit{};
    if (::getrlimit(which, &limit) != 0) return false;
    const auto bounded = limit.rlim_max == RLIM_INFINITY ? *value : std::min(*value, limit.rlim_max);
    limit.rlim_cur = limit.rlim_max = bounded;
    return ::setrlimit(which, &limit) == 0;
}

// Nothing above the passed ones survives exec, whoever forgot O_CLOEXEC.
void close_above(int last) {
    if (::syscall(SYS_close_range, last + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    for (int fd = last + 1; fd < descriptors_without_close_range; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

bool write_oom_score(int score) {
    char text[16];
    char* end = text + sizeof text;
    char* at = end;
    auto rest = static_cast<unsigned>(score < 0 ? -score : score);
    do *--at = static_cast<char>('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (score < 0) *--at = '-';
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool written = ::write(fd, at, static_cast<std::size_t>(end - at)) == end - at;
    ::close(fd);
    return written;
}

} // namespace

ChildSetup::ChildSetup(const LaunchSpec& spec) : spec_(spec), environment_(spec.environment) {
    if (spec.descriptors.size() > passed_descriptors_max) throw std::length_error("too many descriptors for one process");
    std::string names;
    for (const auto& [name, fd] : spec.descriptors) {
        if (name.empty() || name.find(':') != std::string::npos) throw std::invalid_argument("bad descriptor name " + name);
        names += (names.empty() ? "" : ":") + name;
    }
    environment_.push_back(fmt::format("LISTEN_FDS={}", spec.descriptors.size()));
    environment_.push_back("LISTEN_FDNAMES=" + names);
    listen_pid_ = std::string(pid_variable) + std::string(pid_digits, '\0');
    for (const auto& word : spec.arguments) argv_.push_back(data(word));
    argv_.push_back(nullptr);
    for (const auto& variable : environment_) envp_.push_back(data(variable));
    envp_.push_back(listen_pid_.data());
    envp_.push_back(nullptr);
}

void ChildSetup::become_program(int error_pipe) noexcept {
    error_pipe_ = error_pipe;
    ::setsid();
    reset_signals();
    ::umask(077);
    if (arrange_descriptors() && (spec_.directory.empty() || ::chdir(spec_.directory.c_str()) == 0) && limit() &&
        drop_privileges()) {
        write_own_pid();
        ::syscall(SYS_execveat, program_, "", argv_.data(), envp_.data(), AT_EMPTY_PATH);
        // A script is executed by its interpreter, which couldn't open a descriptor that is closed on exec.
        if (errno == ENOENT && !spec_.program_path.empty())
            ::execve(spec_.program_path.c_str(), argv_.data(), envp_.data());
    }
    const int failure = errno;
    [[maybe_unused]] const auto told = ::write(error_pipe_, &failure, sizeof failure);
    ::_exit(127);
}

bool ChildSetup::arrange_descriptors() noexcept {
    // Sources may lie where others have to go: first all of them out of the way.
    const int count = static_cast<int>(spec_.descriptors.size());
    const int above = first_passed_descriptor + count;
    const auto lift = [above](int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, above); };
    const int lifted_pipe = lift(error_pipe_);
    if (lifted_pipe < 0) return false;
    error_pipe_ = lifted_pipe;
    if ((program_ = lift(spec_.program)) < 0) return false;
    for (int i = 0; i < count; ++i)
        if ((moved_[static_cast<std::size_t>(i)] = lift(spec_.descriptors[static_cast<std::size_t>(i)].second)) < 0)
            return false;
    if (::dup2(spec_.input, STDIN_FILENO) < 0 || ::dup2(spec_.output, STDOUT_FILENO) < 0 ||
        ::dup2(spec_.output, STDERR_FILENO) < 0)
        return false;
    for (int i = 0; i < count; ++i)
        if (::dup2(moved_[static_cast<std::size_t>(i)], first_passed_descriptor + i) < 0) return false;
    close_above(above - 1);
    return true;
}

bool ChildSetup::limit() noexcept {
    if (spec_.oom_score_adj && !write_oom_score(*spec_.oom_score_adj)) return false;
    return set_limit(RLIMIT_NOFILE, spec_.open_files) && set_limit(RLIMIT_CORE, spec_.core_bytes) &&
           set_limit(RLIMIT_AS, spec_.address_space);
}

bool ChildSetup::drop_privileges() noexcept {
    if (spec_.capabilities) {
        for (int number = 0; number < capability_numbers; ++number) {
            if ((*spec_.capabilities >> number & 1) != 0) continue;
            // EINVAL: this kernel has no capability of this number.
            if (::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0 && errno != EINVAL) return false;
        }
    }
    if (!spec_.user) return true;
    const auto& user = *spec_.user;
    return ::setgroups(user.groups.size(), user.groups.data()) == 0 && ::setresgid(user.gid, user.gid, user.gid) == 0 &&
           ::setresuid(user.uid, user.uid, user.uid) == 0;
}

void ChildSetup::write_own_pid() noexcept {
    char digits[pid_digits];
    std::size_t count = 0;
    auto rest = static_cast<unsigned>(::getpid());
    do digits[count++] = static_cast<char>('0' + rest % 10);
    while ((rest /= 10) != 0);
    char* out = listen_pid_.data() + pid_variable.size();
    while (count > 0) *out++ = digits[--count];
    *out = '\0';
}

} // namespace hearth::master
