// SPDX-License-Identifier: Apache-2.0
// Unix sockets without Asio: making them, connecting without blocking, passing descriptors, knowing the peer.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace hearth::net {

/// SOCK_STREAM, SOCK_DGRAM and SOCK_SEQPACKET of sys/socket.h.
enum class SocketType : int;
extern const SocketType stream, datagram, sequenced;

/// Connects without blocking, in one system call: EAGAIN says that the listener's backlog is full, EACCES that a gate is
/// shut, ENOENT and ECONNREFUSED that nobody is there. The socket is non-blocking. `path` is at most 107 bytes long
/// (ENAMETOOLONG): use names relative to the working directory.
Result<UniqueFd> connect_unix(std::string_view path, SocketType type);

/// Makes a socket at `path` with exactly `mode` from its first moment (fchmod before bind, whatever the umask); replaces
/// a stale one, refuses (EADDRINUSE) a live one. Streams and sequenced sockets listen with `backlog`. Non-blocking.
Result<UniqueFd> listen_unix(std::string_view path, SocketType type, mode_t mode, int backlog);

/// Two connected sockets, non-blocking.
Result<std::pair<UniqueFd, UniqueFd>> socket_pair(SocketType type);

struct Credentials {
    pid_t pid = 0;
    uid_t uid = 0;
    gid_t gid = 0;
};
/// SO_PEERCRED: who connected, or who called listen(); for a socketpair who created it.
Result<Credentials> peer_credentials(int fd);

/// Sends one record (or, on a stream, some of the bytes) with descriptors. Never blocks, never raises SIGPIPE. Returns
/// how many bytes went.
Result<std::size_t> send_message(int fd, std::string_view bytes, std::span<const int> fds = {});

struct Received {
    std::string bytes;                   ///< empty: end of file (stream, sequenced)
    std::vector<UniqueFd> fds;           ///< close-on-exec
    bool truncated = false;              ///< bytes or descriptors were cut off: treat as hostile
    std::optional<Credentials> sender;   ///< where SO_PASSCRED is set on `fd`
};
/// Receives one record, or what a stream has, of at most `bytes_max`, with at most 8 descriptors. Never blocks (EAGAIN).
Result<Received> receive_message(int fd, std::size_t bytes_max);

/// Lets received messages carry their sender's credentials (SO_PASSCRED).
Result<void> want_credentials(int fd);

} // namespace hearth::net
