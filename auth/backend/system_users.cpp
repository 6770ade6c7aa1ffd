// SPDX-License-Identifier: Apache-2.0
#include "backend/system_users.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

namespace hearth::auth {
namespace {

constexpr std::size_t record_bytes_max = 1024 * 1024; // the text of one passwd or group record
constexpr int groups_asked_max = 4096;

// Calls a get..._r function with a growing buffer. The record's texts stand in `buffer`.
template <class Record, class Function>
Checked<bool> look_up(Function function, const std::string& name, Record& record, std::string& buffer) {
    for (buffer.resize(4096);; buffer.resize(buffer.size() * 4)) {
        Record* found = nullptr;
        const int error = function(name.c_str(), &record, buffer.data(), buffer.size(), &found);
        if (error == EINTR) continue;
        if (error == ERANGE && buffer.size() < record_bytes_max) continue;
        // POSIX lets these errors mean "not found" (getpwnam(3)).
        if (error == 0 || error == ENOENT || error == ESRCH) return found != nullptr;
        return Complaint{fmt::format(
            "the system's user database can't say who {} is: {}", printable(name, 64), std::strerror(error))};
    }
}

std::vector<std::uint32_t> supplementary_groups(const std::string& name, gid_t primary) {
    std::vector<gid_t> ids(64);
    int count = static_cast<int>(ids.size());
    if (::getgrouplist(name.c_str(), primary, ids.data(), &count) < 0) {
        ids.resize(static_cast<std::size_t>(std::clamp(count, 1, groups_asked_max)));
        count = static_cast<int>(ids.size());
        ::getgrouplist(name.c_str(), primary, ids.data(), &count);
    }
    ids.resize(std::min(ids.size(), static_cast<std::size_t>(std::max(count, 0))));
    std::vector<std::uint32_t> groups(ids.begin(), ids.end());
    std::erase(groups, primary);
    return groups;
}

std::optional<std::uint32_t> number(const std::string& text) {
    const auto value = parse_u64(text);
    if (!value || *value >= 0xffffffff) return std::nullopt; // (uid_t)-1 means "none" to the kernel
    return static_cast<std::uint32_t>(*value);
}

} // namespace

Checked<std::optional<SystemUser>> find_system_user(const std::string& name) {
    passwd record{};
    std::string buffer;
    const auto found = look_up(::getpwnam_r, name, record, buffer);
    if (!found) return found.error();
    if (!*found) return std::optional<SystemUser>();
    SystemUser user;
    user.uid = record.pw_uid;
    user.gid = record.pw_gid;
    user.home = record.pw_dir != nullptr ? record.pw_dir : "";
    user.groups = supplementary_groups(name, record.pw_gid);
    return std::optional<SystemUser>(std::move(user));
}

Checked<std::uint32_t> resolve_uid(const std::string& name_or_number) {
    if (const auto value = number(name_or_number)) return *value;
    passwd record{};
    std::string buffer;
    const auto found = look_up(::getpwnam_r, name_or_number, record, buffer);
    if (!found) return found.error();
    if (!*found)
        return Complaint{
            fmt::format("there is no system user \"{}\" to take the uid of", printable(name_or_number, 64))};
    return record.pw_uid;
}

Checked<std::uint32_t> resolve_gid(const std::string& name_or_number) {
    if (const auto value = number(name_or_number)) return *value;
    group record{};
    std::string buffer;
    const auto found = look_up(::getgrnam_r, name_or_number, record, buffer);
    if (!found) return found.error();
    if (!*found)
        return Complaint{
            fmt::format("there is no system group \"{}\" to take the gid of", printable(name_or_number, 64))};
    return record.gr_gid;
}

} // namespace hearth::auth
