// SPDX-License-Identifier: Apache-2.0
// A real zygote, played by a child of this program: its workers are children of this program too.
#include "process/zygote.hpp"
#include "net/unix_socket.hpp"
#include "protocol/service.hpp"
#include "protocol/zygote.hpp"
#include "temporary_directory.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace hearth;
using namespace hearth::protocol::service;
namespace wire = hearth::protocol::zygote;

namespace {

constexpr int patience_ms = 20'000; // only a broken test waits so long
constexpr std::uint32_t generation = 3;

bool readable(int fd) {
    pollfd one{fd, POLLIN, 0};
    return ::poll(&one, 1, patience_ms) == 1;
}

// What a forked worker finds of itself, one word per fact that isn't as it should be.
std::string complaints(process::Start& start) {
    std::string text;
    if (::getsid(0) != ::getpid()) text += "no-session ";
    char name[16]{};
    ::prctl(PR_GET_NAME, name);
    if (std::string_view(name) != "imap") text += "name ";
    if (::prctl(PR_GET_DUMPABLE) != 0) text += "dumpable ";
    if (std::getenv("LISTEN_FDS") != nullptr || std::getenv(env_start) != nullptr) text += "environment ";
    if (start.is_zygote() || !start.has_descriptor("out")) text += "start ";
    if (start.has_descriptor(fd_zygote)) text += "link ";
    sigset_t blocked, pending;
    ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
    ::sigpending(&pending);
    for (int signal = 1; signal < SIGRTMAX; ++signal)
        if (::sigismember(&blocked, signal) == 1 || ::sigismember(&pending, signal) == 1) text += "signals ";
    // glibc's own idea of our number: an error checking mutex knows its owner by it.
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t mutex;
    ::pthread_mutex_init(&mutex, &attributes);
    ::pthread_mutex_lock(&mutex);
    if (mutex.__data.__owner != ::getpid()) text += "thread-number ";
    return text;
}

constexpr std::size_t blocks = 200, block_bytes = 48;

// A heap with a small free block in each of many pages.
[[maybe_unused]] void scatter_free_blocks() { // not where the heap is a sanitizer's
    static std::vector<void*> small, kept;
    for (std::size_t i = 0; i < blocks; ++i) {
        small.push_back(std::malloc(block_bytes));
        kept.push_back(std::malloc(5000));
    }
    for (auto* block : small) std::free(block);
}

// How many pages are copied or cleared for a worker that fills as many small blocks.
long faults_of_small_blocks() {
    rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    static std::array<void*, blocks> filled;
    for (auto& block : filled) block = std::memset(std::malloc(block_bytes), 1, block_bytes);
    ::getrusage(RUSAGE_SELF, &after);
    return after.ru_minflt - before.ru_minflt;
}

void be_worker(process::Start& start) {
    const auto out = start.descriptor("out");
    const auto task = start.has_descriptor("abort") ? 'a' : start.has_descriptor("thread") ? 't' :
        start.has_descriptor("allocate") ? 'm' : 'r';
    if (task == 'a') {
        std::signal(SIGABRT, SIG_DFL); // doctest's handler came along
        std::abort();
    }
    std::string text;
    if (task == 't') {
        std::thread([&text] { text = "thread"; }).join(); // a thread is made and waited for by its number
    } else if (task == 'm') {
        text = std::to_string(faults_of_small_blocks());
    } else {
        text = fmt::format("{} ", ::getpid());
    }
    (void)!::write(out.get(), text.data(), text.size());
    ::_exit(0);
}

struct Zygote {
    test::WorkingDirectory directory;
    UniqueFd notify, link, out, out_end;
    pid_t pid = 0;

    explicit Zygote(void (*prepare)() = [] {}) {
        notify = net::listen_unix("notify", net::datagram, 0600, 0).value();
        REQUIRE(net::want_credentials(notify.get()).has_value());
        auto pair = net::socket_pair(net::sequenced).value();
        link = std::move(pair.first);
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        out.reset(ends[0]);
        out_end.reset(ends[1]);
        pid = ::fork();
        REQUIRE(pid >= 0);
        if (pid == 0) be(pair.second.get(), prepare);
    }
    ~Zygote() {
        link.reset();
        if (pid > 0) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
    }
    [[noreturn]] void be(int end, void (*prepare)()) const {
        const int moved = ::fcntl(end, F_DUPFD, 200);
        ::dup2(moved, 3);
        ::setenv("LISTEN_FDS", "1", 1);
        ::setenv("LISTEN_FDNAMES", "zygote", 1);
        ::setenv("NOTIFY_SOCKET", (directory.path() + "/notify").c_str(), 1);
        ::setenv(env_service, "imap", 1);
        ::setenv(env_generation, std::to_string(generation).c_str(), 1);
        ::setenv(env_base_dir, directory.path().c_str(), 1);
        ::setenv(env_instance, "private", 1);
        ::setenv(env_start, std::string(start_as_zygote).c_str(), 1);
        try {
            auto start = process::Start::take();
            prepare();
            if (!process::fork_workers(start)) ::_exit(7);
            if (start.has_descriptor("self")) {
                const auto text = "[" + complaints(start) + "]";
                (void)!::write(start.descriptor("out").get(), text.data(), text.size());
                ::_exit(0);
            }
            be_worker(start);
        } catch (const std::exception&) {
            ::_exit(8);
        }
        ::_exit(9);
    }
    [[nodiscard]] net::Received notice() const {
        REQUIRE(readable(notify.get()));
        return std::move(net::receive_message(notify.get(), 512).value());
    }
    void get_ready() const {
        const auto said = notice();
        CHECK(said.bytes == "READY=1\nHEARTH_STATE=zygote");
        CHECK(said.sender->pid == pid);
    }
    void ask(std::uint64_t id, const std::string& task) const {
        const wire::Order order{.id = id, .generation = generation, .names = "out:" + task};
        const std::array fds{out_end.get(), out_end.get()};
        REQUIRE(net::send_message(link.get(), wire::encode(order), fds).has_value());
    }
    [[nodiscard]] wire::Answer answer() const {
        REQUIRE(readable(link.get()));
        const auto bytes = net::receive_message(link.get(), 64).value().bytes;
        const auto decoded = wire::decode_answer(bytes);
        REQUIRE(decoded.has_value());
        return *decoded;
    }
    [[nodiscard]] std::string output() const {
        REQUIRE(readable(out.get()));
        char text[4096];
        const auto size = ::read(out.get(), text, sizeof text);
        return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
    }
    static int status_of(pid_t child) {
        int status = 0;
        CHECK(::waitpid(child, &status, 0) == child);
        return status;
    }
};

} // namespace

TEST_CASE("a zygote says READY, forks on order, and its workers are children of who started it") {
    Zygote zygote;
    zygote.get_ready();
    for (const std::uint64_t id : {11, 12}) {
        zygote.ask(id, "report");
        const auto answer = zygote.answer();
        CHECK(answer.id == id);
        CHECK(answer.error == 0);
        CHECK(answer.pid != zygote.pid);
        const auto hello = zygote.notice();
        CHECK(hello.bytes == "HEARTH_HELLO=" + std::to_string(id));
        CHECK(hello.sender->pid == answer.pid);
        CHECK(zygote.output().starts_with(std::to_string(answer.pid) + " "));
        CHECK(Zygote::status_of(answer.pid) == 0);
    }
}

TEST_CASE("a forked worker is as an exec'd one would be: its session, its name, its signals, its descriptors") {
    Zygote zygote;
    zygote.get_ready();
    zygote.ask(11, "self");
    CHECK(zygote.output() == "[]");
    CHECK(Zygote::status_of(zygote.answer().pid) == 0);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // their heaps are others
TEST_CASE("a worker allocates from pages that its zygote hasn't written, so that none is copied for a few bytes") {
    Zygote zygote(scatter_free_blocks);
    zygote.get_ready();
    zygote.ask(11, "allocate");
    const auto faults = std::stol(zygote.output());
    CHECK(faults > 0);
    CHECK(faults < 20); // else one for each block
    CHECK(Zygote::status_of(zygote.answer().pid) == 0);
}
#endif

TEST_CASE("abort() in a forked worker is a death by SIGABRT, and threads work there") {
    Zygote zygote;
    zygote.get_ready();
    zygote.ask(11, "abort");
    const auto status = Zygote::status_of(zygote.answer().pid);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    zygote.ask(12, "thread");
    CHECK(zygote.output() == "thread");
    CHECK(Zygote::status_of(zygote.answer().pid) == 0);
}

TEST_CASE("with the end of its link a zygote ends, though its workers live; and its own death ends the link at once") {
    Zygote zygote;
    zygote.get_ready();
    zygote.ask(11, "report");
    const auto worker = zygote.answer().pid;
    ::kill(zygote.pid, SIGKILL);
    CHECK(WIFSIGNALED(Zygote::status_of(std::exchange(zygote.pid, 0))));
    REQUIRE(readable(zygote.link.get()));
    CHECK(net::receive_message(zygote.link.get(), 64).value().bytes.empty()); // the worker doesn't hold it
    CHECK(Zygote::status_of(worker) == 0);

    Zygote another;
    another.get_ready();
    another.link.reset();
    CHECK(WEXITSTATUS(Zygote::status_of(std::exchange(another.pid, 0))) == 7);
}

TEST_CASE("an order of another generation or of another build is refused, and nobody is forked") {
    Zygote zygote;
    zygote.get_ready();
    const wire::Order old{.id = 11, .generation = generation - 1, .names = ""};
    REQUIRE(net::send_message(zygote.link.get(), wire::encode(old)).has_value());
    const auto answer = zygote.answer();
    CHECK(answer.pid == 0);
    CHECK(answer.error == EPROTO);
    REQUIRE(net::send_message(zygote.link.get(), "nonsense").has_value());
    REQUIRE(readable(zygote.link.get()));
    CHECK_FALSE(wire::decode_answer(net::receive_message(zygote.link.get(), 64).value().bytes).has_value());
}

TEST_CASE("a process with a second thread refuses to be a zygote") {
    Zygote zygote([] { std::thread([] { ::pause(); }).detach(); });
    CHECK(WEXITSTATUS(Zygote::status_of(std::exchange(zygote.pid, 0))) == 8);
}
