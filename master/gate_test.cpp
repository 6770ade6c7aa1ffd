// SPDX-License-Identifier: Apache-2.0
#include "gate_test.hpp"
#include "net/unix_socket.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hearth::master {
namespace {

constexpr const char* path = "login/gate-test";
constexpr mode_t open_managed = 0020, open_private = 0200;
constexpr int cannot_switch = 255; // no errno is that high

// The errno of a connect by the login user, 0 for success, or cannot_switch.
int connect_as(bool managed, uid_t uid, gid_t gid) {
    const auto child = ::fork();
    if (child < 0) return cannot_switch;
    if (child == 0) {
        if (managed && (::setgroups(0, nullptr) != 0 || ::setresgid(gid, gid, gid) != 0 || ::setresuid(uid, uid, uid) != 0))
            ::_exit(cannot_switch);
        const auto connected = net::connect_unix(path, net::sequenced);
        ::_exit(connected ? 0 : connected.error().value() & 0x7f);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : cannot_switch;
}

struct Node {
    ~Node() { ::unlink(path); }
};

} // namespace

Checked<void> prove_gate(bool managed, uid_t login_uid, gid_t login_gid) {
    const Node removed_at_end;
    const auto listener = net::listen_unix(path, net::sequenced, 0, 16);
    if (!listener) return Complaint{fmt::format("can't make {}: {}", path, listener.error().message())};
    if (managed && ::lchown(path, 0, login_gid) != 0)
        return Complaint{fmt::format("can't give {} to group {}: {}", path, login_gid, last_error().message())};
    const int shut = connect_as(managed, login_uid, login_gid);
    if (shut == cannot_switch)
        return Complaint{fmt::format("can't become the login user (uid {}, gid {}): does this master lack CAP_SETUID?", login_uid, login_gid)};
    if (shut != EACCES)
        return Complaint{fmt::format("a shut gate (mode 0) doesn't refuse the login user (uid {}): {}. Is base_dir on a file "
                                     "system that ignores modes, or does the login user have CAP_DAC_OVERRIDE?",
            login_uid, shut == 0 ? "it connected" : std::generic_category().message(shut))};
    if (::chmod(path, managed ? open_managed : open_private) != 0)
        return Complaint{fmt::format("can't open the gate {}: {}", path, last_error().message())};
    const int open = connect_as(managed, login_uid, login_gid);
    if (open != 0)
        return Complaint{fmt::format("an open gate doesn't let the login user (uid {}, gid {}) in: {}", login_uid, login_gid,
            std::generic_category().message(open))};
    return {};
}

} // namespace hearth::master
