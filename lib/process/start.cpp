// SPDX-License-Identifier: Apache-2.0
#include "process/start.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "net/unix_socket.hpp"
#include "protocol/service.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::process {
namespace {

using namespace protocol::service;

constexpr int first_fd = 3; // SD_LISTEN_FDS_START
constexpr std::uint64_t fds_max = 256;
constexpr std::string_view ready = "READY=1";
constexpr std::chrono::seconds ready_time(20); // the master kills who isn't ready within 30 s (docs/protocol/service.md)
constexpr std::chrono::milliseconds hello_time(500); // half of what an order may take (master/zygotes.hpp)
constexpr std::size_t process_name_max = 15; // TASK_COMM_LEN without its zero

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::string required(const char* name) {
    auto value = environment(name);
    if (value.empty()) {
        throw std::runtime_error(fmt::format(
            "{} is not set: this program is started by the Hearth master, not by hand (hearth serve -c FILE)", name));
    }
    return value;
}

std::optional<std::uint32_t> number(const char* name) {
    const auto text = environment(name);
    if (text.empty()) return std::nullopt;
    const auto value = parse_u64(text);
    if (!value || *value > 0xfffffffe) throw std::runtime_error(fmt::format("{}={} is not a number", name, text));
    return static_cast<std::uint32_t>(*value);
}

std::map<std::string, UniqueFd> take_descriptors() {
    const auto count = parse_u64(required("LISTEN_FDS"));
    if (!count || *count > fds_max) throw std::runtime_error("LISTEN_FDS is not a sensible number");
    const auto names_text = required("LISTEN_FDNAMES");
    const auto names = split(names_text, ':');
    if (names.size() != *count) throw std::runtime_error("LISTEN_FDS and LISTEN_FDNAMES do not agree");
    std::map<std::string, UniqueFd> descriptors;
    int fd = first_fd;
    for (const auto name : names) {
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) throw std::runtime_error(fmt::format("descriptor {} is not open", fd));
        descriptors[std::string(name)] = UniqueFd(fd++);
    }
    // Whatever else leaked through exec is nobody's: closed, not kept.
    ::close_range(static_cast<unsigned>(fd), ~0U, 0);
    return descriptors;
}

// What spoke of this process and no other: a worker that is forked from it has its own.
void forget_environment() {
    for (const char* name : {"LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "LD_BIND_NOW", env_start}) ::unsetenv(name);
}

bool is_listening(int fd) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

} // namespace

Start Start::take() {
    std::signal(SIGPIPE, SIG_IGN);
    ::prctl(PR_SET_DUMPABLE, 0);
    ::umask(077);

    Start start;
    start.service = required(env_service);
    start.zygote_ = environment(env_start) == start_as_zygote;
    // Executed through a descriptor, it is named after that.
    const auto kind = start.service + (start.zygote_ ? "-zygote" : "");
    ::prctl(PR_SET_NAME, kind.substr(0, process_name_max).c_str());
    start.generation = number(env_generation).value_or(0);
    start.base_dir = required(env_base_dir);
    start.managed = required(env_instance) == "managed";
    start.chroot = environment(env_chroot);
    start.uid = number(env_uid);
    start.gid = number(env_gid);
    if (const auto groups = environment(env_groups); !groups.empty()) {
        for (const auto group : split(groups, ',')) {
            const auto value = parse_u64(group);
            if (!value) throw std::runtime_error(fmt::format("{}={} is not a list of numbers", env_groups, groups));
            start.groups.push_back(static_cast<gid_t>(*value));
        }
    }
    start.auth_uid = number(env_auth_uid);
    start.login_gid = number(env_login_gid);
    start.gate = environment(env_gate);
    start.epoch = parse_u64(environment(env_epoch)).value_or(0);
    start.master_pid = static_cast<pid_t>(number(env_master_pid).value_or(0));
    start.descriptors_ = take_descriptors();
    start.notify_path_ = required("NOTIFY_SOCKET");
    start.connect_master();
    if (start.zygote_) forget_environment();
    return start;
}

void Start::connect_master() {
    auto notify = net::connect_unix(notify_path_, net::datagram);
    if (!notify)
        throw std::runtime_error(
            fmt::format("can't reach the master at NOTIFY_SOCKET={}: {}", notify_path_, notify.error().message()));
    notify_ = std::move(*notify);
}

// Limits, umask, directory, bounding set, dispositions and mask of signals, OOM score and dumpable are the zygote's, which
// got them as an exec'd worker does.
void Start::become_worker(std::uint64_t order, std::string_view names, std::span<const int> fds) {
    zygote_ = false;
    ::setsid();
    ::prctl(PR_SET_NAME, service.substr(0, process_name_max).c_str());
    connect_master();
    // If the master's queue stays full: the zygote's answer says the same.
    static_cast<void>(notify(std::string(key_hello) + std::to_string(order), hello_time));
    std::vector<UniqueFd> taken;
    for (const int fd : fds) taken.emplace_back(fd);
    const auto list = split(names, ':');
    if (list.size() != taken.size()) throw std::runtime_error("a start's descriptors and their names do not agree");
    for (std::size_t i = 0; i < list.size(); ++i) descriptors_[std::string(list[i])] = std::move(taken[i]);
}

UniqueFd Start::descriptor(std::string_view name) {
    const auto found = descriptors_.find(std::string(name));
    if (found == descriptors_.end())
        throw std::runtime_error(fmt::format("the master gave no descriptor named {}", name));
    auto fd = std::move(found->second);
    descriptors_.erase(found);
    return fd;
}

bool Start::has_descriptor(std::string_view name) const {
    return descriptors_.contains(std::string(name));
}

std::map<std::string, UniqueFd> Start::listeners() {
    std::map<std::string, UniqueFd> result;
    for (auto& [name, fd] : descriptors_)
        if (is_listening(fd.get())) result[name] = std::move(fd);
    std::erase_if(descriptors_, [](const auto& entry) { return !entry.second; });
    return result;
}

void Start::give_up_privileges() const {
    if (!managed) {
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        ::prctl(PR_SET_DUMPABLE, 0);
        return;
    }
    if (!chroot.empty()) {
        if (::chroot(chroot.c_str()) != 0 || ::chdir("/") != 0)
            throw std::system_error(errno, std::generic_category(), "chroot to " + chroot);
    }
    if (!uid || !gid) throw std::runtime_error("the master named no user to become for service " + service);
    become(*uid, *gid, groups);
}

void Start::say_ready(std::string_view more) const {
    const auto message = more.empty() ? std::string(ready) : fmt::format("{}\n{}", ready, more);
    if (!notify(message, ready_time)) throw std::runtime_error("the master can't be told that this process is ready");
}

bool Start::notify(std::string_view message, std::chrono::milliseconds limit) const {
    const auto until = Clock::now() + limit;
    for (;;) {
        if (net::send_message(notify_.get(), message)) return true;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        if (left.count() <= 0) return false;
        pollfd room{notify_.get(), POLLOUT, 0};
        ::poll(&room, 1, static_cast<int>(left.count()));
        if ((room.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return false;
    }
}

void wait_for_end(UniqueFd pipe) {
    char byte = 0;
    while (::read(pipe.get(), &byte, 1) < 0 && errno == EINTR) {}
}

std::string read_all(int fd, std::size_t limit) {
    std::string text(limit + 1, '\0');
    std::size_t size = 0;
    for (;;) {
        const auto got = ::pread(fd, text.data() + size, text.size() - size, static_cast<off_t>(size));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw std::system_error(errno, std::generic_category(), "read");
        size += static_cast<std::size_t>(got);
        if (size > limit) throw std::runtime_error(fmt::format("more than {} bytes", limit));
        if (got == 0) break;
    }
    text.resize(size);
    return text;
}

} // namespace hearth::process
