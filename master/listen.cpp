// SPDX-License-Identifier: Apache-2.0
#include "listen.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hearth::master {
namespace {

constexpr auto retry_pause = std::chrono::milliseconds(50);

struct InetAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

Checked<InetAddress> parse_address(const InetSocketPlan& plan) {
    InetAddress result;
    auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
    auto text = plan.address;
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    if (text == "*" || ::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(plan.port);
        result.size = sizeof v4;
    } else if (text == "::" || ::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(plan.port);
        result.size = sizeof v6;
    } else {
        return Complaint{fmt::format("inet_listener {}: \"{}\" is not an address: write *, ::, or a numeric IPv4 or IPv6 address",
            plan.name, plan.address)};
    }
    return result;
}

Result<UniqueFd> listen_inet(const InetAddress& address) {
    UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return last_error();
    const int on = 1;
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return last_error();
    // "*" and "::" are two listeners, each with its own name.
    if (address.storage.ss_family == AF_INET6 && ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
        return last_error();
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) return last_error();
    if (::listen(fd.get(), Listeners::backlog) != 0) return last_error();
    return fd;
}

bool same_address(int fd, const InetAddress& wanted) {
    InetAddress own;
    own.size = sizeof own.storage;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own.storage), &own.size) != 0 || own.size != wanted.size ||
        own.storage.ss_family != wanted.storage.ss_family)
        return false;
    if (own.storage.ss_family == AF_INET) {
        const auto& a = reinterpret_cast<const sockaddr_in&>(own.storage);
        const auto& b = reinterpret_cast<const sockaddr_in&>(wanted.storage);
        return a.sin_port == b.sin_port && a.sin_addr.s_addr == b.sin_addr.s_addr;
    }
    const auto& a = reinterpret_cast<const sockaddr_in6&>(own.storage);
    const auto& b = reinterpret_cast<const sockaddr_in6&>(wanted.storage);
    return a.sin6_port == b.sin6_port && std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof a.sin6_addr) == 0;
}

// Made under another name first and renamed over the old node when all are made: there is always one to connect to, and
// an error leaves the old ones.
std::string fresh_path(const UnixSocketPlan& plan) {
    return plan.path + ".new";
}

Checked<UniqueFd> prepare_unix(const UnixSocketPlan& plan) {
    const auto fresh = fresh_path(plan);
    ::unlink(fresh.c_str());
    auto made = net::listen_unix(fresh, plan.type, plan.mode, Listeners::shared_backlog);
    if (!made) return Complaint{fmt::format("can't listen on {}: {}", plan.path, made.error().message())};
    if ((plan.uid != ::geteuid() || plan.gid != ::getegid()) && ::lchown(fresh.c_str(), plan.uid, plan.gid) != 0)
        return Complaint{fmt::format("can't give {} to its owner: {}", plan.path, last_error().message())};
    // SO_PASSCRED is for datagrams' receivers: on a listener it would be inherited by connections that don't want it.
    if (plan.type == net::datagram)
        if (const auto on = net::want_credentials(made->get()); !on)
            return Complaint{fmt::format("{}: {}", plan.path, on.error().message())};
    struct stat status {};
    if (::lstat(plan.path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode))
        return Complaint{fmt::format("can't listen on {}: there is something else than a socket", plan.path)};
    return std::move(*made);
}

} // namespace

Checked<UniqueFd> Listeners::open_inet(const InetSocketPlan& plan, std::chrono::milliseconds patience) {
    const auto address = parse_address(plan);
    if (!address) return address.error();
    for (const auto& socket : adopted_)
        if (same_address(socket.get(), *address)) return duplicate(socket.get());
    for (;;) {
        auto made = listen_inet(*address);
        if (made) return std::move(*made);
        const auto error = made.error();
        if (error.value() != EADDRINUSE || patience <= std::chrono::milliseconds(0))
            return Complaint{fmt::format("can't listen on {} port {} ({}): {}{}", plan.address, plan.port, plan.name,
                error.message(), error.value() == EADDRINUSE ? "; `ss -ltnp` shows by whom" : "")};
        ::poll(nullptr, 0, static_cast<int>(retry_pause.count())); // before the event loop, at the start only
        patience -= retry_pause;
    }
}

Checked<void> Listeners::adjust(
    std::span<const ServicePlan> services, std::chrono::milliseconds patience, std::string_view renewed) {
    std::map<std::string, Unix, std::less<>> fresh_unix;
    decltype(inet_) fresh_inet;
    std::map<std::string, const UnixSocketPlan*, std::less<>> wanted_unix;
    std::map<std::pair<std::string, std::uint16_t>, const InetSocketPlan*> wanted_inet;
    for (const auto& service : services) {
        for (const auto& plan : service.inet_sockets) {
            const std::pair key(plan.address, plan.port);
            if (!wanted_inet.emplace(key, &plan).second)
                return Complaint{fmt::format("{} port {} is wanted by two listeners", plan.address, plan.port)};
            if (inet_.contains(key)) continue;
            auto fd = open_inet(plan, patience);
            if (!fd) return fd.error();
            fresh_inet.emplace(key, Inet{plan, std::move(*fd)});
        }
    }
    for (const auto& service : services) {
        for (const auto& plan : service.unix_sockets) {
            if (!wanted_unix.emplace(plan.path, &plan).second)
                return Complaint{fmt::format("{} is wanted by two listeners", plan.path)};
            const auto open = unix_.find(plan.path);
            const bool renew = service.name == renewed && plan.type == net::stream;
            if (open != unix_.end() && open->second.plan == plan && !renew) continue;
            auto fd = prepare_unix(plan);
            if (!fd) return fd.error();
            fresh_unix.emplace(plan.path, Unix{plan, std::move(*fd)});
        }
    }
    for (const auto& [path, socket] : fresh_unix)
        if (::rename(fresh_path(socket.plan).c_str(), path.c_str()) != 0)
            return Complaint{fmt::format("can't listen on {}: {}", path, last_error().message())};
    std::erase_if(unix_, [&](const auto& entry) {
        if (wanted_unix.contains(entry.first)) return false;
        ::unlink(entry.first.c_str());
        return true;
    });
    std::erase_if(inet_, [&](const auto& entry) { return !wanted_inet.contains(entry.first); });
    for (auto& [path, socket] : fresh_unix) unix_.insert_or_assign(path, std::move(socket));
    for (auto& [key, socket] : fresh_inet) inet_.insert_or_assign(key, std::move(socket));
    return {};
}

std::vector<std::pair<std::string, int>> Listeners::of(const ServicePlan& service) const {
    std::vector<std::pair<std::string, int>> result;
    for (const auto& plan : service.unix_sockets)
        if (const auto found = unix_.find(plan.path); found != unix_.end())
            result.emplace_back(plan.path, found->second.fd.get());
    for (const auto& plan : service.inet_sockets)
        if (const auto found = inet_.find({plan.address, plan.port}); found != inet_.end())
            result.emplace_back(plan.name, found->second.fd.get());
    return result;
}

int Listeners::unix_socket(std::string_view path) const {
    const auto found = unix_.find(path);
    return found == unix_.end() ? -1 : found->second.fd.get();
}

void Listeners::adopt(std::vector<UniqueFd> sockets) {
    adopted_ = std::move(sockets);
}

void Listeners::unlink_all() {
    for (const auto& [path, socket] : unix_) ::unlink(path.c_str());
    unix_.clear();
}

std::size_t raise_datagram_queue(std::size_t wanted) {
    const UniqueFd fd(::open("/proc/sys/net/unix/max_dgram_qlen", O_RDWR | O_CLOEXEC));
    const UniqueFd readable(fd ? -1 : ::open("/proc/sys/net/unix/max_dgram_qlen", O_RDONLY | O_CLOEXEC));
    const int source = fd ? fd.get() : readable.get();
    const auto read_value = [source]() -> std::size_t {
        char text[32]{};
        const auto got = source < 0 ? -1 : ::pread(source, text, sizeof text - 1, 0);
        return got > 0 ? static_cast<std::size_t>(std::atol(text)) : 0;
    };
    const auto before = read_value();
    if (!fd || before >= wanted) return before;
    const auto text = fmt::format("{}\n", wanted);
    if (::pwrite(fd.get(), text.data(), text.size(), 0) < 0) return before;
    return read_value();
}

} // namespace hearth::master
