// SPDX-License-Identifier: Apache-2.0
#include "mail_user.hpp"
#include "control_client.hpp"

#include "config/encode_snapshot.hpp"
#include "process/start.hpp"
#include "store/account_settings.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hearth::admin {
namespace {

/// Who the mail belongs to, as auth says.
struct MailUser {
    std::string name, home, mail;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
};

std::string text_of(const boost::json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::uint32_t number_of(const boost::json::value* value) {
    return value != nullptr && value->is_number() ? value->to_number<std::uint32_t>() : 0;
}

Checked<MailUser> ask_auth(const config::Settings& settings, const std::string& name) {
    boost::json::object request;
    request["cmd"] = "user";
    request["user"] = name;
    const auto answer = ask(control_socket(settings, "auth-admin"), request);
    if (!answer) return answer.error();
    if (answer->empty()) return Complaint{"auth doesn't know " + name};
    const auto& object = answer->front();
    MailUser user{text_of(object, "user"), text_of(object, "home"), text_of(object, "mail"),
        number_of(object.if_contains("uid")), number_of(object.if_contains("gid")), {}};
    if (const auto* groups = object.if_contains("groups"); groups != nullptr && groups->is_array())
        for (const auto& group : groups->as_array())
            user.groups.push_back(number_of(&group));
    return user;
}

// The settings as the imap service reads them: its `protocol imap` block counts.
Checked<store::AccountSettings> settings_of(const config::Settings& settings, const MailUser& user) {
    const auto service = std::find_if(
        settings.services.begin(), settings.services.end(), [](const auto& one) { return one.name == "imap"; });
    if (service == settings.services.end()) return Complaint{"the configuration has no service imap"};
    const auto snapshot = config::Snapshot::parse(config::encode_snapshot(settings, *service));
    if (!snapshot) return snapshot.error();
    return store::account_settings(*snapshot, user.name, user.home, user.mail);
}

[[noreturn]] void be_the_child(const MailUser& user, store::AccountSettings account, const MailJob& job) {
    int code = exit_failed;
    try {
        if (::geteuid() == 0) process::become(user.uid, user.gid, user.groups);
        ::umask(077);
        account.warn = [](std::string_view text) { fmt::print(stderr, "hearth: {}\n", text); };
        store::MaildirAccount mail(std::move(account));
        code = job(mail);
        mail.went_idle();
    } catch (const std::exception& error) {
        fmt::print(stderr, "hearth: {}: {}\n", user.name, error.what());
    }
    std::fflush(nullptr);
    ::_exit(code);
}

} // namespace

int as_mail_user(const Common& common, const std::string& name, const MailJob& job) {
    const auto settings = load_or_exit(common);
    const auto user = ask_auth(settings, name);
    if (!user) {
        fmt::print(stderr, "hearth: {}: {}\n", name, user.error().text);
        return exit_unavailable;
    }
    auto account = settings_of(settings, *user);
    if (!account) {
        fmt::print(stderr, "hearth: {}: {}\n", name, account.error().text);
        return exit_config;
    }
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) be_the_child(*user, std::move(*account), job);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) {
        fmt::print(stderr, "hearth: can't start a process for {}\n", name);
        return exit_unavailable;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : exit_failed;
}

} // namespace hearth::admin
