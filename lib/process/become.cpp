// SPDX-License-Identifier: Apache-2.0
// The drop of privileges, for good, and its proof.
#include "process/start.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <grp.h>
#include <linux/capability.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace hearth::process {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void empty_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> none{};
    if (::syscall(SYS_capset, &header, none.data()) != 0) fail("capset");
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) fail("clear ambient capabilities");
}

void prove(uid_t uid, gid_t gid) {
    uid_t real_uid = 0, effective_uid = 0, saved_uid = 0;
    gid_t real_gid = 0, effective_gid = 0, saved_gid = 0;
    if (::getresuid(&real_uid, &effective_uid, &saved_uid) != 0 || ::getresgid(&real_gid, &effective_gid, &saved_gid) != 0)
        fail("getresuid");
    const bool left = real_uid == uid && effective_uid == uid && saved_uid == uid && real_gid == gid &&
                      effective_gid == gid && saved_gid == gid;
    if (!left || ::setuid(0) == 0 || ::seteuid(0) == 0)
        throw std::runtime_error("privileges were not given up: there is a way back to root");
}

} // namespace

void become(uid_t uid, gid_t gid, const std::vector<gid_t>& groups) {
    if (uid == 0 || gid == 0) throw std::runtime_error("refusing to run as uid or gid 0");
    if (::setgroups(groups.size(), groups.data()) != 0) fail("setgroups");
    if (::setresgid(gid, gid, gid) != 0) fail("setresgid");
    if (::setresuid(uid, uid, uid) != 0) fail("setresuid");
    empty_capabilities();
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
    // The change of uid made the process dumpable again if it had been, and cleared the parent-death signal.
    if (::prctl(PR_SET_DUMPABLE, 0) != 0) fail("dumpable");
    prove(uid, gid);
}

} // namespace hearth::process
