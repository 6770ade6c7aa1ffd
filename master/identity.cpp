// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

namespace hearth::master {
namespace {

constexpr std::size_t entry_bytes_max = 256 * 1024; // of a group with many members

template <class Entry, class Key>
bool look_up(int (*function)(Key, Entry*, char*, std::size_t, Entry**), Key key, Entry& entry, std::vector<char>& buffer) {
    Entry* found = nullptr;
    buffer.resize(4096);
    while (function(key, &entry, buffer.data(), buffer.size(), &found) == ERANGE && buffer.size() < entry_bytes_max)
        buffer.resize(buffer.size() * 2);
    return found != nullptr;
}

std::optional<std::uint32_t> number(std::string_view text) {
    const auto value = parse_u64(text);
    if (!value || *value >= 0xffffffff) return std::nullopt; // -1 means "none" to the kernel
    return static_cast<std::uint32_t>(*value);
}

} // namespace

std::optional<UserNumbers> Identities::user(std::string_view name, std::string_view wanted_by) {
    passwd entry{};
    std::vector<char> buffer;
    if (const auto uid = number(name)) {
        if (look_up<passwd, uid_t>(&::getpwuid_r, *uid, entry, buffer)) return UserNumbers{*uid, entry.pw_gid};
        return UserNumbers{*uid, *uid};
    }
    const std::string text(name);
    if (look_up<passwd, const char*>(&::getpwnam_r, text.c_str(), entry, buffer)) return UserNumbers{entry.pw_uid, entry.pw_gid};
    auto& wanted = missing_users_[text];
    wanted += (wanted.empty() ? "" : ", ") + std::string(wanted_by);
    return std::nullopt;
}

std::optional<gid_t> Identities::group(std::string_view name, std::string_view wanted_by) {
    if (const auto gid = number(name)) return *gid;
    ::group entry{};
    std::vector<char> buffer;
    const std::string text(name);
    if (look_up<::group, const char*>(&::getgrnam_r, text.c_str(), entry, buffer)) return entry.gr_gid;
    auto& wanted = missing_groups_[text];
    wanted += (wanted.empty() ? "" : ", ") + std::string(wanted_by);
    return std::nullopt;
}

std::string Identities::complaint() const {
    if (missing_users_.empty() && missing_groups_.empty()) return {};
    std::string text, commands, entries;
    for (const auto& [name, wanted] : missing_groups_) {
        if (missing_users_.contains(name)) continue; // comes with the user
        text += fmt::format("group \"{}\" doesn't exist (wanted by {})\n", name, wanted);
        commands += fmt::format("    groupadd --system {}\n", name);
        entries += fmt::format("g {} -\n", name);
    }
    for (const auto& [name, wanted] : missing_users_) {
        text += fmt::format("user \"{}\" doesn't exist (wanted by {})\n", name, wanted);
        commands += fmt::format(
            "    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin {}\n", name);
        entries += fmt::format("u {} -\n", name);
    }
    return text + "Make what is missing with\n" + commands + "or with systemd-sysusers from these lines:\n" + entries;
}

} // namespace hearth::master
