// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"
#include "base/text.hpp"
#include "config/snapshot.hpp"
#include "password/password_scheme.hpp"
#include "sasl.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace hearth::auth {
namespace {

using config::Snapshot;

constexpr std::size_t databases_max = 32; // of each kind

Complaint in(std::string_view where, const Complaint& complaint) {
    return {fmt::format("{}: {}", where, complaint.text)};
}

// "scheme=CRYPT username_format=%n /etc/mail/users": options, then the path, which may hold blanks.
Checked<Database> parse_passwd_file_args(std::string_view args) {
    Database database;
    database.driver = Driver::passwd_file;
    database.scheme = scheme_of_bare_hashes;
    for (auto rest = trim(args); !rest.empty();) {
        if (rest.front() == '/') {
            database.path = rest;
            break;
        }
        const auto end = std::min(rest.find(' '), rest.size());
        const auto word = rest.substr(0, end);
        rest = trim(rest.substr(end));
        const auto equals = word.find('=');
        const auto key = word.substr(0, equals);
        const auto value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
        if (key == "scheme") {
            database.scheme = to_upper(value);
            if (auto refusal = refusal_of_scheme(value); !refusal.empty()) return Complaint{std::move(refusal)};
        } else if (key == "username_format") {
            database.username_format = value;
        } else {
            return Complaint{
                fmt::format("unknown argument \"{}\": scheme=, username_format= and then the absolute path of the "
                            "file are known",
                    printable(word, 64))};
        }
    }
    if (database.path.empty()) return Complaint{"args must end with the absolute path of the passwd-file"};
    Variables nobody;
    nobody.user = "user@example.org";
    if (auto path = expand(database.path, nobody); !path) return path.error();
    if (auto name = expand(database.username_format, nobody); !name) return name.error();
    return database;
}

Checked<Database> parse_static_args(std::string_view args) {
    Database database;
    database.driver = Driver::static_fields;
    database.scheme = "PLAIN";
    database.fields = parse_fields(args);
    Variables nobody;
    nobody.user = "user@example.org";
    if (auto fields = expand(database.fields, nobody); !fields) return fields.error();
    return database;
}

// The driver's part of a section, then what all have in common.
Checked<Database> read_database(const Snapshot& snapshot, std::string_view kind, std::size_t index) {
    const auto key = [&](std::string_view name) { return fmt::format("{}.{}.{}", kind, index, name); };
    const auto driver = snapshot.text(key("driver"));
    const auto args = snapshot.text(key("args"));
    const auto where = fmt::format("{} {} ({})", kind, index + 1, driver);
    auto database = kind == "passdb" ? parse_passdb(driver, args) : parse_userdb(driver, args);
    if (!database) return in(where, database.error());
    database->label = where;
    database->default_fields = parse_fields(snapshot.text(key("default_fields")));
    database->override_fields = parse_fields(snapshot.text(key("override_fields")));

    struct {
        const char* name;
        Then ChainRule::*member;
    } const rules[] = {{"result_success", &ChainRule::on_success}, {"result_failure", &ChainRule::on_failure},
        {"result_internalfail", &ChainRule::on_internal_failure}};
    for (const auto& rule : rules) {
        const auto then = parse_then(snapshot.text(key(rule.name)));
        if (!then) return in(fmt::format("{}: {}", where, rule.name), then.error());
        database->rule.*rule.member = *then;
    }
    const auto skip = parse_skip(snapshot.text(key("skip")));
    if (!skip) return in(where + ": skip", skip.error());
    database->rule.skip = *skip;
    return database;
}

Checked<void> read_passdbs(const Snapshot& snapshot, Settings& settings) {
    const auto count = snapshot.count("passdb");
    if (count > databases_max) return Complaint{fmt::format("{} passdbs, more than {}", count, databases_max)};
    for (std::size_t i = 0; i < count; ++i) {
        const auto key = [&](std::string_view name) { return fmt::format("passdb.{}.{}", i, name); };
        auto database = read_database(snapshot, "passdb", i);
        if (!database) return database.error();
        if (snapshot.flag(key("master"))) {
            // Leaving it out lets in fewer people, not more.
            settings.warnings.push_back(database->label + ": Hearth has no master users, this passdb is not asked");
            continue;
        }
        if (snapshot.flag(key("pass"))) database->rule.on_success = Then::go_on;
        database->deny = snapshot.flag(key("deny"));
        for (const auto& mechanism : snapshot.words(key("mechanisms")))
            database->mechanisms.push_back(to_upper(mechanism));
        auto filter = snapshot.text(key("username_filter"));
        std::replace(filter.begin(), filter.end(), ',', ' ');
        for (const auto mask : split(filter, ' '))
            if (!mask.empty()) database->username_filter.emplace_back(mask);
        settings.passdbs.push_back(std::move(*database));
    }
    // Whoever is denied stays out wherever the section stands.
    std::stable_partition(
        settings.passdbs.begin(), settings.passdbs.end(), [](const Database& database) { return database.deny; });
    if (settings.passdbs.empty()) settings.warnings.push_back("there is no passdb: nobody can log in");
    return {};
}

Checked<void> read_userdbs(const Snapshot& snapshot, Settings& settings) {
    const auto count = snapshot.count("userdb");
    if (count > databases_max) return Complaint{fmt::format("{} userdbs, more than {}", count, databases_max)};
    for (std::size_t i = 0; i < count; ++i) {
        auto database = read_database(snapshot, "userdb", i);
        if (!database) return database.error();
        settings.userdbs.push_back(std::move(*database));
    }
    return {};
}

Checked<void> read_mechanisms(const Snapshot& snapshot, Settings& settings) {
    settings.mechanisms.clear();
    const auto known = built_in_mechanisms();
    for (const auto& word : snapshot.words("auth_mechanisms")) {
        const auto name = to_upper(word);
        if (std::find(known.begin(), known.end(), name) == known.end())
            return Complaint{fmt::format(
                "auth_mechanisms: {} is not built in; there are {}", printable(name, 32), fmt::join(known, ", "))};
        settings.mechanisms.push_back(name);
    }
    return {};
}

std::uint32_t id(const Snapshot& snapshot, std::string_view key) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(snapshot.uint(key), std::numeric_limits<std::uint32_t>::max()));
}

} // namespace

Checked<Database> parse_passdb(std::string_view driver, std::string_view args) {
    if (driver == "passwd-file") return parse_passwd_file_args(args);
    if (driver == "static") {
        auto database = parse_static_args(args);
        if (database && !database->fields.contains("password") && !is_set(database->fields, "nopassword"))
            return Complaint{"args need password=..., or nopassword=y to let everybody in"};
        return database;
    }
    if (driver == "passwd")
        return Complaint{"passwd holds no passwords on today's systems (they stand in /etc/shadow): use passwd-file"};
    return Complaint{fmt::format("\"{}\" is no driver of a passdb: passwd-file and static are", printable(driver, 32))};
}

Checked<Database> parse_userdb(std::string_view driver, std::string_view args) {
    if (driver == "passwd-file") return parse_passwd_file_args(args);
    if (driver == "static") return parse_static_args(args);
    Database database;
    if (driver == "passwd" || driver == "prefetch") {
        database.driver = driver == "passwd" ? Driver::passwd : Driver::prefetch;
        if (!trim(args).empty()) return Complaint{fmt::format("{} takes no args", driver)};
        return database;
    }
    return Complaint{fmt::format(
        "\"{}\" is no driver of a userdb: passwd-file, static, passwd and prefetch are", printable(driver, 32))};
}

Checked<Settings> read_settings(const Snapshot& snapshot) {
    Settings settings;
    if (auto read = read_passdbs(snapshot, settings); !read) return read.error();
    if (auto read = read_userdbs(snapshot, settings); !read) return read.error();
    if (auto read = read_mechanisms(snapshot, settings); !read) return read.error();
    settings.usernames.format = snapshot.text("auth_username_format");
    settings.usernames.chars = snapshot.text("auth_username_chars");
    settings.usernames.translation = snapshot.text("auth_username_translation");
    settings.usernames.default_realm = snapshot.text("auth_default_realm");
    settings.cache.bytes = snapshot.uint("auth_cache_size");
    settings.cache.ttl = snapshot.duration("auth_cache_ttl");
    settings.cache.negative_ttl = snapshot.duration("auth_cache_negative_ttl");
    settings.failure_delay = snapshot.duration("auth_failure_delay");
    settings.disable_plaintext_auth = snapshot.flag("disable_plaintext_auth");
    settings.trusted_networks = snapshot.words("login_trusted_networks");
    settings.verbose = snapshot.flag("auth_verbose");
    settings.debug = snapshot.flag("auth_debug");
    settings.first_valid_uid = id(snapshot, "first_valid_uid");
    settings.last_valid_uid = id(snapshot, "last_valid_uid");
    settings.first_valid_gid = id(snapshot, "first_valid_gid");
    settings.last_valid_gid = id(snapshot, "last_valid_gid");
    settings.mail_uid = snapshot.text("mail_uid");
    settings.mail_gid = snapshot.text("mail_gid");
    settings.mail_home = snapshot.text("mail_home");
    settings.mail_access_groups = snapshot.words("mail_access_groups");
    if (!snapshot.text("auth_master_user_separator").empty())
        settings.warnings.emplace_back(
            "auth_master_user_separator is set, but Hearth has no master users: the character has no meaning");
    Variables nobody;
    nobody.user = "user@example.org";
    if (auto name = expand(settings.usernames.format, nobody); !name) return in("auth_username_format", name.error());
    if (auto home = expand(settings.mail_home, nobody); !home) return in("mail_home", home.error());
    return settings;
}

} // namespace hearth::auth
