// SPDX-License-Identifier: Apache-2.0
#include "child_program.hpp"
#include "net/unix_socket.hpp"
#include "process/zygote.hpp"
#include "protocol/anvil.hpp"
#include "protocol/service.hpp"

#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

extern char** environ; // NOLINT

using namespace hearth;
namespace service = protocol::service;

namespace {

void say(const std::string& line) {
    const auto text = line + "\n";
    if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) ::_exit(3);
}

std::string link_target(const std::string& path) {
    char target[4096];
    const auto size = ::readlink(path.c_str(), target, sizeof target);
    return size < 0 ? "?" : std::string(target, static_cast<std::size_t>(size));
}

// Everything the start gave, one line each.
void report() {
    say(fmt::format("pid {}", ::getpid()));
    say(fmt::format("leader {}", ::getsid(0) == ::getpid() ? "yes" : "no"));
    for (int fd = 0; fd < 1024; ++fd)
        if (::fcntl(fd, F_GETFD) >= 0) say(fmt::format("fd {} {}", fd, link_target(fmt::format("/proc/self/fd/{}", fd))));
    for (char** variable = environ; *variable != nullptr; ++variable) say(fmt::format("env {}", *variable));
    say("cwd " + link_target("/proc/self/cwd"));
    const auto mask = ::umask(0);
    say(fmt::format("umask {:o}", mask));
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    say(fmt::format("nofile {} {}", limit.rlim_cur, limit.rlim_max));
    ::getrlimit(RLIMIT_CORE, &limit);
    say(fmt::format("core {}", limit.rlim_max));
    sigset_t blocked;
    ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
    bool any = false, ignored = false;
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        struct sigaction action {};
        any = any || ::sigismember(&blocked, signal) == 1;
        ignored = ignored || (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN);
    }
    say(fmt::format("signals {} {}", any ? "blocked" : "open", ignored ? "ignored" : "default"));
    std::string bounding;
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
        if (::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1) bounding += fmt::format(" {}", capability);
    say("bounding" + bounding);
    say(fmt::format("uid {} gid {}", ::getuid(), ::getgid()));
}

struct Service {
    UniqueFd notify, signals;
    std::vector<std::pair<std::string, int>> listeners;

    Service() {
        const std::string path = std::getenv("NOTIFY_SOCKET");
        if (auto connected = net::connect_unix(path, net::datagram)) notify = std::move(*connected);
        take_signals();
        std::string names = std::getenv("LISTEN_FDNAMES");
        for (int fd = 3; !names.empty(); ++fd) {
            const auto end = names.find(':');
            listeners.emplace_back(names.substr(0, end), fd);
            names = end == std::string::npos ? "" : names.substr(end + 1);
        }
    }
    // A worker that was forked: what the master passes lies in `start`.
    explicit Service(process::Start& start) : notify(duplicate(start.notify_descriptor())) {
        take_signals();
        if (start.has_descriptor(service::fd_go)) process::wait_for_end(start.descriptor(service::fd_go));
        for (auto& [name, fd] : start.listeners()) listeners.emplace_back(name, fd.release());
    }
    void take_signals() {
        sigset_t set;
        ::sigfillset(&set);
        ::sigdelset(&set, SIGABRT);
        ::sigprocmask(SIG_BLOCK, &set, nullptr);
        signals.reset(::signalfd(-1, &set, SFD_CLOEXEC));
    }
    void tell(std::string_view text) const {
        if (!net::send_message(notify.get(), text)) ::_exit(4);
    }
    [[nodiscard]] int descriptor(std::string_view name) const {
        for (const auto& [own, fd] : listeners)
            if (own == name) return fd;
        return -1;
    }
    // A warning in the service's log, which the test reads from the sink.
    static void log(const std::string& text) {
        const auto line = fmt::format("<4>\t{}\n", text);
        if (::write(STDERR_FILENO, line.data(), line.size()) < 0) ::_exit(3);
    }
    bool on_signal(bool worker) {
        signalfd_siginfo info{};
        if (::read(signals.get(), &info, sizeof info) != sizeof info) return false;
        const auto signal = static_cast<int>(info.ssi_signo);
        if (signal == SIGTERM) return false;
        if (!worker) return true;
        if (signal == service::signal_roll()) log("rolled");
        if (signal == service::signal_leave()) {
            tell(fmt::format("{}\n{}{}\n{}evicted", service::say_leaving, service::key_sequence,
                static_cast<std::uint32_t>(info.ssi_int), service::key_reason));
            return false;
        }
        if (signal == service::signal_retire()) {
            tell(service::say_leaving);
            return false;
        }
        return true;
    }
};

void play_fixed() {
    Service self;
    self.tell("READY=1");
    while (self.on_signal(false)) {}
}

void play_worker(Service self = {}) {
    const auto name = fmt::format("login/imap-{}", ::getpid());
    const auto gate = net::listen_unix(name, net::sequenced, 0, 4);
    if (!gate) ::_exit(5);
    int shared = self.descriptor("login/imap");
    self.tell("READY=1");
    for (;;) {
        pollfd events[] = {{self.signals.get(), POLLIN, 0}, {shared, POLLIN, 0}};
        ::poll(events, shared >= 0 ? 2 : 1, -1);
        if ((events[0].revents & POLLIN) != 0 && !self.on_signal(true)) return;
        if (shared >= 0 && (events[1].revents & POLLIN) != 0 && ::accept4(shared, nullptr, nullptr, SOCK_CLOEXEC) >= 0) {
            ::close(shared);
            shared = -1;
            self.tell(service::say_bound);
        }
    }
}

void play_zygote() {
    auto start = process::Start::take();
    if (process::fork_workers(start)) play_worker(Service(start));
}

// Tells in its log what the master reports, and asks for nothing.
void play_anvil() {
    Service self;
    const int reports = self.descriptor("anvil-report");
    const UniqueFd link(::accept4(self.descriptor("anvil-master"), nullptr, nullptr, SOCK_CLOEXEC));
    self.tell("READY=1");
    for (;;) {
        pollfd events[] = {{self.signals.get(), POLLIN, 0}, {reports, POLLIN, 0}};
        ::poll(events, 2, -1);
        if ((events[0].revents & POLLIN) != 0 && !self.on_signal(false)) return;
        const auto received = net::receive_message(reports, 160 * 1024);
        if (!received) continue;
        const auto report = protocol::anvil::decode_report(received->bytes);
        if (!report) self.log("nonsense");
        else if (const auto* roster = std::get_if<protocol::anvil::Roster>(&*report))
            self.log(fmt::format("roster of {} for {}", roster->processes.size(),
                std::to_string(roster->epoch) == std::getenv(service::env_epoch) ? "this epoch" : "another epoch"));
        else if (const auto* limits = std::get_if<protocol::anvil::ServiceLimits>(&*report))
            self.log(fmt::format("limits {} {} {}", limits->service, limits->process_limit, limits->generation));
        else if (const auto* limit = std::get_if<protocol::anvil::UserLimit>(&*report))
            self.log(fmt::format("user limit {}", limit->userip_limit));
        else if (const auto* started = std::get_if<protocol::anvil::Started>(&*report))
            self.log(fmt::format("started {}", started->pid));
        else if (const auto* exited = std::get_if<protocol::anvil::Exited>(&*report))
            self.log(fmt::format("exited {} {}", exited->pid,
                ::access(fmt::format("login/imap-{}", exited->pid).c_str(), F_OK) == 0 ? "with its node" : "unlinked"));
    }
}

const int played = [] {
    const char* given = std::getenv(test::part_variable);
    const char* as_service = std::getenv(service::env_service);
    if (given == nullptr && as_service == nullptr) return 0;
    std::string part = given != nullptr ? given : as_service;
    const char* start = std::getenv(service::env_start);
    if (part == "imap") part = start == nullptr ? "worker" : "zygote";
    if (part == "auth" || part == "imap-login") part = "fixed";
    if (part == "report") report();
    else if (part == "fixed") play_fixed();
    else if (part == "worker") play_worker();
    else if (part == "zygote") play_zygote();
    else if (part == "anvil") play_anvil();
    ::_exit(part == "crash" ? 77 : 0);
    return 0;
}();

} // namespace
