// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"
#include "base/text.hpp"
#include "networks.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace hearth::auth {
namespace {

using protocol::auth::Failure;

Refusal broken(std::string reason) {
    return {Failure::temporary, std::move(reason)};
}

Refusal disabled(std::string reason) {
    return {Failure::disabled, std::move(reason)};
}

// What a userdb may say that Hearth would have to obey and can't.
constexpr std::array<std::string_view, 4> userdb_fields_refused{"user", "chroot", "fail", "master_user"};
// What has its own place in an identity, or none in Hearth and no meaning for access.
constexpr std::array<std::string_view, 8> userdb_fields_placed{
    "uid", "gid", "home", "mail", "nice", "system_groups_user", "allow_all_users", "password"};
constexpr std::array<std::string_view, 14> passdb_fields_refused{"proxy", "proxy_maybe", "host", "destuser", "user",
    "username", "domain", "login_user", "master", "noauthenticate", "delay_until", "fail", "k5principals", "pass"};

template <std::size_t n> bool is_one_of(std::string_view word, const std::array<std::string_view, n>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string value(const Fields& fields, std::string_view key) {
    const auto found = fields.find(key);
    return found == fields.end() ? std::string() : found->second;
}

std::optional<Refusal> check_range(std::string_view what, std::uint32_t id, std::uint32_t first, std::uint32_t last) {
    if (id < first) return disabled(fmt::format("its {0} {1} is below first_valid_{0} = {2}", what, id, first));
    if (last != 0 && id > last)
        return disabled(fmt::format("its {0} {1} is above last_valid_{0} = {2}", what, id, last));
    return std::nullopt;
}

std::optional<Refusal> check_private(const UserRecord& record, const Instance& instance) {
    if (record.uid && *record.uid != instance.uid)
        return broken(
            fmt::format("its userdb says uid {}, but this private instance is uid {} and can't become another: leave "
                        "uid out of the userdb, or start Hearth as root",
                *record.uid, instance.uid));
    if (record.gid && *record.gid != instance.gid)
        return broken(
            fmt::format("its userdb says gid {}, but this private instance is gid {} and can't become another: leave "
                        "gid out of the userdb, or start Hearth as root",
                *record.gid, instance.gid));
    return std::nullopt;
}

std::optional<Refusal> check_managed(const UserRecord& record, const Instance& instance) {
    if (!record.uid) return broken("its userdb gives no uid: set it there, or mail_uid for everybody");
    if (!record.gid) return broken("its userdb gives no gid: set it there, or mail_gid for everybody");
    if (*record.uid == instance.uid)
        return disabled(
            fmt::format("its uid {} is that of the auth service: give mail users a uid of their own", *record.uid));
    return std::nullopt;
}

std::optional<Refusal> check_ids(const UserRecord& record, const Instance& instance) {
    const auto mode = instance.managed ? check_managed(record, instance) : check_private(record, instance);
    if (mode) return mode;
    const auto uid = record.uid.value_or(instance.uid);
    const auto gid = record.gid.value_or(instance.gid);
    if (uid == 0) return disabled("its uid is 0: root's mail is never opened");
    if (gid == 0) return disabled("its gid is 0: nobody's mail is opened with root's group");
    if (auto wrong = check_range("uid", uid, instance.first_valid_uid, instance.last_valid_uid)) return wrong;
    return check_range("gid", gid, instance.first_valid_gid, instance.last_valid_gid);
}

// setgroups() is for root only, so a private instance leaves its groups as they are.
std::vector<std::uint32_t> usable_groups(const UserRecord& record, const Instance& instance) {
    std::vector<std::uint32_t> groups;
    if (!instance.managed) return groups;
    for (const auto group : record.groups) {
        if (group != 0 && !check_range("gid", group, instance.first_valid_gid, instance.last_valid_gid))
            groups.push_back(group);
    }
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    return groups;
}

std::optional<Refusal> check_fields(const Fields& fields) {
    for (const auto& [key, field] : fields) {
        if (is_one_of(key, userdb_fields_refused))
            return broken(fmt::format("its userdb sets {}, which Hearth doesn't do", printable(key, 64)));
        if (key.size() > protocol::service_bytes_max || field.size() > protocol::reason_bytes_max)
            if (!is_one_of(key, userdb_fields_placed))
                return broken(fmt::format("its userdb field {} is too long", printable(key, 64)));
    }
    const auto home = value(fields, "home");
    if (!home.empty() && home.front() != '/')
        return broken(fmt::format("its home {} is not an absolute path", printable(home, 128)));
    if (home.size() > protocol::path_bytes_max || value(fields, "mail").size() > protocol::path_bytes_max)
        return broken(fmt::format("its home or mail location is longer than {} bytes", protocol::path_bytes_max));
    return std::nullopt;
}

} // namespace

std::variant<protocol::Identity, Refusal> make_identity(const UserRecord& record, const Instance& instance) {
    if (auto refusal = check_ids(record, instance)) return std::move(*refusal);
    if (auto refusal = check_fields(record.fields)) return std::move(*refusal);
    protocol::Identity identity;
    identity.user = record.user;
    identity.uid = record.uid.value_or(instance.uid);
    identity.gid = record.gid.value_or(instance.gid);
    identity.groups = usable_groups(record, instance);
    identity.home = value(record.fields, "home");
    identity.mail_location = value(record.fields, "mail");
    for (const auto& [key, field] : record.fields)
        if (!is_one_of(key, userdb_fields_placed)) identity.policy.emplace_back(key, field);
    if (identity.groups.size() > protocol::groups_max)
        return broken(fmt::format(
            "it is in {} groups, more than the {} a grant may carry", identity.groups.size(), protocol::groups_max));
    if (identity.policy.size() > protocol::policy_max)
        return broken(fmt::format("its userdb gives {} extra fields, more than the {} a grant may carry",
            identity.policy.size(), protocol::policy_max));
    return identity;
}

std::optional<Refusal> refuse_by_network(const Fields& fields, std::string_view remote_ip) {
    for (const auto* key : {"allow_nets", "allow_real_nets"}) {
        const auto found = fields.find(key);
        if (found == fields.end()) continue;
        std::vector<std::string> networks;
        for (const auto network : split(found->second, ','))
            networks.emplace_back(trim(network));
        if (!is_in_networks(remote_ip, networks))
            return Refusal{Failure::credentials, fmt::format("the passdb's {} doesn't list its address", key)};
    }
    return std::nullopt;
}

std::optional<Refusal> refuse_by_fields(const Fields& fields, std::string_view remote_ip) {
    if (auto refusal = refuse_by_network(fields, remote_ip)) return refusal;
    if (fields.contains("nologin")) {
        const auto reason = value(fields, "reason");
        return disabled(
            reason.empty() ? "the passdb says nologin" : "the passdb says nologin: " + printable(reason, 128));
    }
    for (const auto field : passdb_fields_refused) {
        if (fields.contains(field))
            return broken(fmt::format(
                "the passdb sets {}, which Hearth doesn't do: the login can't be let in as if it weren't there",
                field));
    }
    return std::nullopt;
}

} // namespace hearth::auth
