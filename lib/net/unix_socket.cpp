// SPDX-License-Identifier: Apache-2.0
#include "net/unix_socket.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace hearth::net {

const SocketType stream{SOCK_STREAM}, datagram{SOCK_DGRAM}, sequenced{SOCK_SEQPACKET};

namespace {

constexpr std::size_t fds_max = 8;
constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;

struct Address {
    sockaddr_un address{};
    socklen_t size = 0;
};

Result<Address> make_address(std::string_view path) {
    Address result;
    if (path.empty() || path.size() >= sizeof result.address.sun_path)
        return error_code(ENAMETOOLONG, boost::system::system_category());
    result.address.sun_family = AF_UNIX;
    std::memcpy(result.address.sun_path, path.data(), path.size());
    result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return result;
}

} // namespace

Result<UniqueFd> connect_unix(std::string_view path, SocketType type) {
    const auto address = make_address(path);
    if (!address) return address.error();
    UniqueFd fd(::socket(AF_UNIX, static_cast<int>(type) | flags, 0));
    if (!fd) return last_error();
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address->address), address->size) != 0) return last_error();
    return fd;
}

Result<UniqueFd> listen_unix(std::string_view path, SocketType type, mode_t mode, int backlog) {
    const auto address = make_address(path);
    if (!address) return address.error();
    UniqueFd fd(::socket(AF_UNIX, static_cast<int>(type) | flags, 0));
    if (!fd) return last_error();
    // The mode of the socket before bind becomes the node's, less the umask: so it is never open too wide.
    if (::fchmod(fd.get(), mode) != 0) return last_error();
    const auto* name = reinterpret_cast<const sockaddr*>(&address->address);
    if (::bind(fd.get(), name, address->size) != 0) {
        if (errno != EADDRINUSE) return last_error();
        const auto live = connect_unix(path, type);
        if (live || live.error().value() != ECONNREFUSED) return error_code(EADDRINUSE, boost::system::system_category());
        if (::unlink(address->address.sun_path) != 0) return last_error();
        if (::bind(fd.get(), name, address->size) != 0) return last_error();
    }
    if (mode != 0 && ::chmod(address->address.sun_path, mode) != 0) return last_error();
    if (type != datagram && ::listen(fd.get(), backlog) != 0) return last_error();
    return fd;
}

Result<std::pair<UniqueFd, UniqueFd>> socket_pair(SocketType type) {
    int fds[2];
    if (::socketpair(AF_UNIX, static_cast<int>(type) | flags, 0, fds) != 0) return last_error();
    return std::pair(UniqueFd(fds[0]), UniqueFd(fds[1]));
}

Result<Credentials> peer_credentials(int fd) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return last_error();
    return Credentials{credentials.pid, credentials.uid, credentials.gid};
}

Result<std::size_t> send_message(int fd, std::string_view bytes, std::span<const int> fds) {
    if (fds.size() > fds_max) return error_code(EINVAL, boost::system::system_category());
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * fds_max)> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        auto* head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(head), fds.data(), fds.size_bytes());
    }
    for (;;) {
        const auto sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) return static_cast<std::size_t>(sent);
        if (errno != EINTR) return last_error();
    }
}

Result<Received> receive_message(int fd, std::size_t bytes_max) {
    // Kept between calls: clearing room for the largest message each time would cost more than the message.
    static thread_local std::vector<char> buffer;
    if (buffer.size() < bytes_max) buffer.resize(bytes_max);
    Received result;
    iovec part{buffer.data(), bytes_max};
    // Room for one descriptor more than is wanted: a sender of too many is told apart by the count, not by truncation.
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * fds_max) + CMSG_SPACE(sizeof(ucred))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t got = -1;
    do got = ::recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return last_error();
    result.bytes.assign(buffer.data(), static_cast<std::size_t>(got));
    explicit_bzero(buffer.data(), static_cast<std::size_t>(got)); // it may have been a password, or somebody's mail
    result.truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    for (auto* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET) continue;
        if (head->cmsg_type == SCM_RIGHTS) {
            const auto count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) {
                int passed = -1;
                std::memcpy(&passed, CMSG_DATA(head) + i * sizeof(int), sizeof passed);
                result.fds.emplace_back(passed);
            }
        } else if (head->cmsg_type == SCM_CREDENTIALS) {
            ucred credentials{};
            std::memcpy(&credentials, CMSG_DATA(head), sizeof credentials);
            result.sender = Credentials{credentials.pid, credentials.uid, credentials.gid};
        }
    }
    return result;
}

Result<void> want_credentials(int fd) {
    const int on = 1;
    if (::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) return last_error();
    return {};
}

} // namespace hearth::net
