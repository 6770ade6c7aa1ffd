// SPDX-License-Identifier: Apache-2.0
// `service status` and `process status`: what the master answers, as Dovecot prints it (a name per line and block), or
// as JSON.
#include "commands.hpp"
#include "control_client.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

namespace hearth::admin {
namespace {

std::string plain(const boost::json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value);
}

int print_status(const Common& common, const char* what) {
    const auto settings = load_or_exit(common);
    boost::json::object request;
    request["cmd"] = what;
    const auto answer = ask(control_socket(settings, "master"), request);
    if (!answer) {
        fmt::print(stderr, "hearth: {}\n", answer.error().text);
        return exit_failed;
    }
    for (const auto& object : *answer) {
        if (common.json) {
            fmt::print("{}\n", boost::json::serialize(object));
            continue;
        }
        std::size_t width = 0;
        for (const auto& entry : object) width = std::max(width, entry.key().size());
        for (const auto& entry : object)
            fmt::print("{:<{}}: {}\n", std::string_view(entry.key().data(), entry.key().size()), width, plain(entry.value()));
        fmt::print("\n");
    }
    return exit_ok;
}

} // namespace

int service_status(const Common& common) {
    return print_status(common, "service-status");
}

int process_status(const Common& common) {
    return print_status(common, "process-status");
}

} // namespace hearth::admin
