// SPDX-License-Identifier: Apache-2.0
#include "user_directory.hpp"
#include "backend/system_users.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <memory>

namespace hearth::auth {
namespace {

namespace asio = boost::asio;
using protocol::auth::Failure;

const std::string overloaded = "auth is overloaded: too many passwords wait to be checked";

std::string field(const Fields& fields, std::string_view key) {
    const auto found = fields.find(key);
    return found == fields.end() ? std::string() : found->second;
}

void put_unless_empty(Fields& fields, const char* key, const std::string& value) {
    if (!value.empty()) fields[key] = value;
}

// Ids and groups that need the system's word, asked for on the pool.
struct Resolution {
    std::string uid, gid, groups_of; // in: name or number, or empty
    std::optional<std::uint32_t> uid_number, gid_number;
    std::vector<std::uint32_t> groups;
    std::string complaint;
};

void resolve_now(Resolution& resolution) {
    const auto take = [&](const std::string& text, auto function, std::optional<std::uint32_t>& number) {
        if (text.empty() || !resolution.complaint.empty()) return;
        const auto value = function(text);
        if (value)
            number = *value;
        else
            resolution.complaint = value.error().text;
    };
    take(resolution.uid, resolve_uid, resolution.uid_number);
    take(resolution.gid, resolve_gid, resolution.gid_number);
    if (resolution.groups_of.empty() || !resolution.complaint.empty()) return;
    const auto user = find_system_user(resolution.groups_of);
    if (!user)
        resolution.complaint = user.error().text;
    else if (!*user)
        resolution.complaint = "system_groups_user names a system user that doesn't exist";
    else
        resolution.groups = (*user)->groups;
}

// Resolving it asks nobody.
bool is_number(const std::string& text) {
    const auto value = parse_u64(text);
    return text.empty() || (value && *value < 0xffffffff);
}

} // namespace

struct UserDirectory::Lookup {
    Variables variables;
    Fields prefetched;
    Fields fields;                     // what the userdbs said so far; the later one counts
    std::vector<std::uint32_t> groups; // of the system's user, where the system said who it is
    std::string reason;                // of the last database that failed
};

Checked<Fields> complete_fields(
    const Database& database, Fields literal, const Fields& templates, Variables variables) {
    Fields formats = templates;
    for (const auto& [key, value] : database.default_fields)
        if (field(literal, key).empty() && field(formats, key).empty()) formats[key] = value;
    for (const auto& [key, value] : database.override_fields)
        formats[key] = value;
    variables.home = field(literal, "home");
    if (const auto home = formats.find("home"); home != formats.end()) {
        auto expanded = expand(home->second, variables);
        if (!expanded) return expanded.error();
        variables.home = std::move(*expanded);
    }
    auto expanded = expand(formats, variables);
    if (!expanded) return expanded.error();
    for (auto& [key, value] : *expanded)
        literal[key] = std::move(value);
    return literal;
}

void KnownIds::replace(std::string& name, Time now) const {
    const auto found = numbers_.find(name);
    if (found != numbers_.end() && now < found->second.until) name = std::to_string(found->second.number);
}

void KnownIds::remember(const std::string& name, std::uint32_t number, Time now) {
    if (is_number(name)) return;
    if (numbers_.size() >= names_max) numbers_.clear();
    numbers_.insert_or_assign(name, Known{number, now + lifetime});
}

UserDirectory::UserDirectory(const Settings& settings, const Instance& instance, VerifierPool& pool, PasswdFiles& files)
    : settings_(settings), instance_(instance), pool_(pool), files_(files) {}

std::vector<std::string> UserDirectory::prepare() {
    std::vector<std::string> complaints;
    for (const auto& name : settings_.mail_access_groups) {
        const auto gid = resolve_gid(name);
        if (gid)
            access_groups_.push_back(*gid);
        else
            complaints.push_back("mail_access_groups: " + gid.error().text);
    }
    return complaints;
}

asio::awaitable<UserDirectory::Answer> UserDirectory::find(Variables variables, Fields prefetched) {
    Lookup lookup;
    lookup.variables = std::move(variables);
    lookup.prefetched = std::move(prefetched);
    Chain chain;
    for (const auto& userdb : settings_.userdbs) {
        if (chain.skips(userdb.rule)) continue;
        const auto answer = co_await ask(userdb, lookup);
        if (answer == auth::Answer::internal_failure)
            lookup.reason = fmt::format("{}: {}", userdb.label, lookup.reason);
        if (chain.settle(answer, userdb.rule)) break;
    }
    if (settings_.userdbs.empty()) {
        // Everything comes from the passdb's userdb_ fields, mail_uid, mail_gid and mail_home.
        lookup.fields = lookup.prefetched;
    } else if (chain.result() == auth::Answer::internal_failure) {
        co_return Refusal{Failure::temporary, std::move(lookup.reason)};
    } else if (chain.result() == auth::Answer::failure) {
        co_return Refusal{Failure::temporary, "no userdb knows the user that a passdb knows"};
    }
    if (auto refusal = fill_gaps(lookup)) co_return std::move(*refusal);
    auto refusal = co_await resolve(lookup);
    if (refusal) co_return std::move(*refusal);

    UserRecord record;
    record.user = lookup.variables.user;
    if (const auto uid = parse_u64(field(lookup.fields, "uid"))) record.uid = static_cast<std::uint32_t>(*uid);
    if (const auto gid = parse_u64(field(lookup.fields, "gid"))) record.gid = static_cast<std::uint32_t>(*gid);
    record.groups = std::move(lookup.groups);
    record.groups.insert(record.groups.end(), access_groups_.begin(), access_groups_.end());
    record.fields = std::move(lookup.fields);
    co_return make_identity(record, instance_);
}

asio::awaitable<Answer> UserDirectory::ask(const Database& userdb, Lookup& lookup) {
    Fields fields, templates;
    switch (userdb.driver) {
    case Driver::static_fields: templates = userdb.fields; break;
    case Driver::prefetch:
        if (lookup.prefetched.empty()) co_return auth::Answer::failure;
        fields = lookup.prefetched;
        break;
    case Driver::passwd_file: {
        const auto entry = files_.find(userdb.path, userdb.username_format, lookup.variables, Clock::now());
        if (!entry) {
            lookup.reason = entry.error().text;
            co_return auth::Answer::internal_failure;
        }
        if (!*entry) co_return auth::Answer::failure;
        templates = (*entry)->userdb_fields;
        put_unless_empty(fields, "uid", (*entry)->uid);
        put_unless_empty(fields, "gid", (*entry)->gid);
        put_unless_empty(fields, "home", (*entry)->home);
        break;
    }
    case Driver::passwd: {
        const auto answer = co_await ask_system(lookup, fields);
        if (answer != auth::Answer::success) co_return answer;
        break;
    }
    }
    auto complete = complete_fields(userdb, std::move(fields), templates, lookup.variables);
    if (!complete) {
        lookup.reason = complete.error().text;
        co_return auth::Answer::internal_failure;
    }
    for (auto& [key, value] : *complete)
        lookup.fields[key] = std::move(value);
    co_return auth::Answer::success;
}

asio::awaitable<Answer> UserDirectory::ask_system(Lookup& lookup, Fields& fields) {
    const auto found = std::make_shared<Checked<std::optional<SystemUser>>>(std::optional<SystemUser>());
    std::function<void()> work = [found, name = lookup.variables.user] { *found = find_system_user(name); };
    if (!co_await pool_.run(std::move(work))) {
        lookup.reason = overloaded;
        co_return auth::Answer::internal_failure;
    }
    if (!*found) {
        lookup.reason = found->error().text;
        co_return auth::Answer::internal_failure;
    }
    if (!**found) co_return auth::Answer::failure;
    const auto& user = ***found;
    fields["uid"] = std::to_string(user.uid);
    fields["gid"] = std::to_string(user.gid);
    put_unless_empty(fields, "home", user.home);
    lookup.groups = user.groups;
    co_return auth::Answer::success;
}

// mail_uid, mail_gid and mail_home stand in where no userdb said anything.
std::optional<Refusal> UserDirectory::fill_gaps(Lookup& lookup) const {
    if (field(lookup.fields, "uid").empty()) put_unless_empty(lookup.fields, "uid", settings_.mail_uid);
    if (field(lookup.fields, "gid").empty()) put_unless_empty(lookup.fields, "gid", settings_.mail_gid);
    if (field(lookup.fields, "home").empty() && !settings_.mail_home.empty()) {
        auto home = expand(settings_.mail_home, lookup.variables);
        if (!home) return Refusal{Failure::temporary, "mail_home: " + home.error().text};
        lookup.fields["home"] = std::move(*home);
    }
    return std::nullopt;
}

// Names of users and groups become numbers. Costs a turn through the pool only where there are names.
asio::awaitable<std::optional<Refusal>> UserDirectory::resolve(Lookup& lookup) {
    const auto resolution = std::make_shared<Resolution>();
    resolution->uid = field(lookup.fields, "uid");
    resolution->gid = field(lookup.fields, "gid");
    resolution->groups_of = field(lookup.fields, "system_groups_user");
    const auto now = Clock::now();
    known_uids_.replace(resolution->uid, now);
    known_gids_.replace(resolution->gid, now);
    const auto uid_name = resolution->uid, gid_name = resolution->gid;
    if (is_number(resolution->uid) && is_number(resolution->gid) && resolution->groups_of.empty()) {
        resolve_now(*resolution); // numbers only: no system call
    } else {
        std::function<void()> work = [resolution] { resolve_now(*resolution); };
        if (!co_await pool_.run(std::move(work))) co_return Refusal{Failure::temporary, overloaded};
    }
    if (!resolution->complaint.empty()) co_return Refusal{Failure::temporary, resolution->complaint};
    if (resolution->uid_number) {
        lookup.fields["uid"] = std::to_string(*resolution->uid_number);
        known_uids_.remember(uid_name, *resolution->uid_number, now);
    }
    if (resolution->gid_number) {
        lookup.fields["gid"] = std::to_string(*resolution->gid_number);
        known_gids_.remember(gid_name, *resolution->gid_number, now);
    }
    if (!resolution->groups_of.empty()) lookup.groups = resolution->groups;
    co_return std::nullopt;
}

} // namespace hearth::auth
