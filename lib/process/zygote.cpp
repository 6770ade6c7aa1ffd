// SPDX-License-Identifier: Apache-2.0
#include "process/zygote.hpp"
#include "protocol/service.hpp"
#include "protocol/zygote.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <linux/sched.h>
#include <malloc.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hearth::process {
namespace {

namespace wire = protocol::zygote;
using namespace protocol::service;

constexpr std::size_t fds_max = 16;

// Where glibc keeps its thread's number, which fork() would correct and a bare clone3 doesn't. Null where the kernel
// doesn't tell (no CONFIG_CHECKPOINT_RESTORE) or means something else: what glibc 2.36 does with a stale number is no
// more than to misname the owner of error checking mutexes; raise() and abort() ask the kernel.
pid_t* thread_number() {
    constexpr int get_tid_address = 40; // PR_GET_TID_ADDRESS
    pid_t* number = nullptr;
    if (::prctl(get_tid_address, &number, 0, 0, 0) != 0 || number == nullptr) return nullptr;
    return *number == static_cast<pid_t>(::syscall(SYS_gettid)) ? number : nullptr;
}

// fork(), but the child is our parent's: it is told of its death, and we can't even wait for it. No handlers of
// pthread_atfork run; the zygote has one thread and holds no lock.
pid_t fork_sibling(pid_t* number) {
    clone_args arguments{};
    arguments.flags = CLONE_PARENT; // with it exit_signal has to be 0: the child inherits ours, which is SIGCHLD
    if (number != nullptr) {
        arguments.flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
        arguments.child_tid = reinterpret_cast<std::uint64_t>(number);
    }
    return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

// One record of the link, in memory that is there already: nothing of the zygote's heap is touched.
struct Record {
    std::array<char, wire::order_bytes_max> bytes;
    std::size_t size;
    std::array<int, fds_max> fds;
    std::size_t fds_size;
    bool truncated;
};

// False: the link has ended.
bool receive(int link, Record& record) {
    iovec part{record.bytes.data(), record.bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * fds_max)> control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t got = -1;
    do got = ::recvmsg(link, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return false;
    record.size = static_cast<std::size_t>(got);
    record.fds_size = 0;
    record.truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    for (auto* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        const auto size = head->cmsg_len - CMSG_LEN(0);
        std::memcpy(record.fds.data(), CMSG_DATA(head), size);
        record.fds_size = size / sizeof(int);
    }
    return true;
}

// The free blocks of the heap lie here and there, and a worker would copy a page for each that it takes. So they are taken
// before: what a worker allocates then comes from the end of the heap, from pages that nobody has written yet.
void use_up_free_blocks() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // their heaps are others
    ::malloc_trim(0);
    const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
    constexpr std::size_t smallest = 16, largest_of_a_bin = 1024, largest = 64 * 1024;
    int left = 10'000; // blocks; there are some hundreds
    for (auto size = largest; size >= smallest; size = size > largest_of_a_bin ? size / 2 : size - smallest) {
        void* block = nullptr;
        while ((block = ::malloc(size)) != nullptr && reinterpret_cast<std::uintptr_t>(block) < end && left > 0) --left;
        ::free(block);
    }
#endif
}

void require_one_thread() {
    std::size_t threads = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) ++threads;
    if (threads != 1) throw std::runtime_error(fmt::format("a zygote has one thread, this one has {}", threads));
}

} // namespace

bool fork_workers(Start& start) {
    require_one_thread();
    auto link = start.descriptor(fd_zygote);
    ::fcntl(link.get(), F_SETFL, ::fcntl(link.get(), F_GETFL) & ~O_NONBLOCK);
    start.say_ready(say_zygote);
    start.forget_master();
    auto* const number = thread_number();
    use_up_free_blocks();
    Record record;
    while (receive(link.get(), record)) {
        const auto order = record.truncated ? std::nullopt : wire::decode_head({record.bytes.data(), record.size});
        pid_t pid = -1;
        if (order && order->generation == start.generation) {
            pid = fork_sibling(number);
            if (pid == 0) {
                link.reset(); // first: the end of the link must mean the end of the zygote, and its orders aren't ours
                constexpr auto head_bytes = sizeof(wire::OrderHead);
                start.become_worker(order->id, {record.bytes.data() + head_bytes, record.size - head_bytes},
                    {record.fds.data(), record.fds_size});
                return true;
            }
        } else {
            errno = EPROTO;
        }
        const int error = pid < 0 ? errno : 0;
        for (std::size_t i = 0; i < record.fds_size; ++i) ::close(record.fds[i]);
        const wire::Answer answer{.id = order ? order->id : 0, .pid = pid < 0 ? 0 : pid, .error = error};
        if (::send(link.get(), &answer, sizeof answer, MSG_NOSIGNAL) < 0) return false;
    }
    return false;
}

} // namespace hearth::process
