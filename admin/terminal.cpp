// SPDX-License-Identifier: Apache-2.0
#include "terminal.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace hearth::admin {
namespace {

// Second screen, no cursor, no wrapping; and back. ECMA-48 and xterm's private modes.
constexpr std::string_view enter_text = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view leave_text = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::string_view home_text = "\x1b[H", rest_of_line_text = "\x1b[K", rest_of_screen_text = "\x1b[J";
constexpr int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH}; // by signalfd
constexpr int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// For the handler of fatal signals, which has nothing else.
termios before;
bool has_before = false;

void write_all(std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return; // nobody looks any more
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

// Only what may be done in a signal handler.
void restore() {
    write_all(leave_text);
    if (has_before) ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void die(int number) {
    restore();
    ::raise(number); // SA_RESETHAND: the default now
}

sigset_t caught_set() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : caught)
        sigaddset(&set, number);
    return set;
}

winsize size() {
    winsize result{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &result) != 0 || result.ws_row == 0 || result.ws_col == 0) {
        result.ws_row = 24;
        result.ws_col = 80;
    }
    return result;
}

} // namespace

bool Terminal::is_there() {
    const char* kind = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && *kind != '\0' && std::strcmp(kind, "dumb") != 0;
}

Terminal::Terminal() {
    const auto set = caught_set();
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    has_before = ::tcgetattr(STDIN_FILENO, &before) == 0;
    struct sigaction action {};
    action.sa_handler = die;
    action.sa_flags = SA_RESETHAND | SA_NODEFER;
    for (const int number : fatal)
        ::sigaction(number, &action, nullptr);
    enter();
}

Terminal::~Terminal() {
    leave();
    for (const int number : fatal)
        ::signal(number, SIG_DFL);
    const auto set = caught_set();
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void Terminal::enter() {
    if (has_before) {
        termios raw = before;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    write_all(enter_text);
}

void Terminal::leave() {
    restore();
}

// As if SIGTSTP had its default effect, but with the terminal as it was meanwhile.
void Terminal::stop() {
    leave();
    ::kill(0, SIGSTOP); // the whole job, as the terminal would
    enter();
}

std::size_t Terminal::rows() const {
    return size().ws_row;
}

std::size_t Terminal::columns() const {
    return size().ws_col;
}

void Terminal::show(const std::vector<std::string>& lines) {
    std::string picture(home_text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i > 0) picture += "\r\n";
        picture += lines[i];
        picture += rest_of_line_text;
    }
    picture += rest_of_screen_text;
    write_all(picture);
}

Terminal::Key Terminal::wait(std::chrono::milliseconds time) {
    pollfd entries[] = {{signals_.get(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    const nfds_t count = has_before ? 2 : 1; // without a keyboard only signals end it
    if (::poll(entries, count, static_cast<int>(time.count())) <= 0) return Key::none;
    signalfd_siginfo signal{};
    if (::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
        if (signal.ssi_signo == SIGWINCH) return Key::redraw;
        if (signal.ssi_signo != SIGTSTP) return Key::quit;
        stop();
        return Key::redraw;
    }
    char key = 0;
    const auto got = count == 2 && entries[1].revents != 0 ? ::read(STDIN_FILENO, &key, 1) : -1;
    if (got == 0) return Key::quit; // the terminal is gone
    return got == 1 && (key == 'q' || key == 'Q') ? Key::quit : Key::none;
}

} // namespace hearth::admin
