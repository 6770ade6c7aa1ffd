// SPDX-License-Identifier: Apache-2.0
// `auth test` and `user`: what auth itself says, over its control socket.
#include "commands.hpp"
#include "base/text.hpp"
#include "control_client.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/core.h>
#include <iostream>
#include <termios.h>
#include <unistd.h>

namespace hearth::admin {

std::string read_password(const std::string& prompt) {
    termios before{};
    const bool terminal = ::tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        termios silent = before;
        silent.c_lflag &= static_cast<tcflag_t>(~static_cast<tcflag_t>(ECHO));
        ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
        fmt::print(stderr, "{}: ", prompt);
    }
    std::string password;
    std::getline(std::cin, password);
    if (terminal) {
        ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
        fmt::print(stderr, "\n");
    }
    return password;
}

int auth_test(const Common& common, const AuthTestOptions& options) {
    const auto settings = load_or_exit(common);
    std::string password = options.password.empty() ? read_password("Password") : options.password;
    boost::json::object request;
    request["cmd"] = "test";
    request["user"] = options.user;
    request["password"] = password;
    const auto answer = ask(control_socket(settings, "auth-admin"), request);
    wipe(password);
    if (!answer || answer->empty()) {
        fmt::print(stderr, "hearth: {}\n", answer ? "auth gave no answer" : answer.error().text);
        return exit_unavailable;
    }
    const auto& object = answer->front();
    const auto* ok = object.if_contains("ok");
    const bool good = ok != nullptr && ok->is_bool() && ok->as_bool();
    if (common.json) {
        fmt::print("{}\n", boost::json::serialize(object));
    } else if (good) {
        fmt::print("passdb: {} auth succeeded\n", options.user);
    } else {
        const auto* reason = object.if_contains("reason");
        fmt::print("passdb: {} auth failed{}{}\n", options.user, reason != nullptr ? ": " : "",
            reason != nullptr && reason->is_string() ? std::string(reason->as_string()) : "");
    }
    return good ? exit_ok : exit_failed;
}

int user(const Common& common, const std::vector<std::string>& users) {
    const auto settings = load_or_exit(common);
    int code = exit_ok;
    for (const auto& name : users) {
        boost::json::object request;
        request["cmd"] = "user";
        request["user"] = name;
        const auto answer = ask(control_socket(settings, "auth-admin"), request);
        if (!answer) {
            fmt::print(stderr, "hearth: {}: {}\n", name, answer.error().text);
            code = exit_failed;
            continue;
        }
        for (const auto& object : *answer) {
            if (common.json) {
                fmt::print("{}\n", boost::json::serialize(object));
                continue;
            }
            fmt::print("field\tvalue\n");
            for (const auto& entry : object) {
                fmt::print("{}\t{}\n", std::string_view(entry.key().data(), entry.key().size()),
                    entry.value().is_string() ? std::string(entry.value().as_string()) : boost::json::serialize(entry.value()));
            }
        }
    }
    return code;
}

} // namespace hearth::admin
