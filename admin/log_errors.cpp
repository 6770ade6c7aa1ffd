// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "control_client.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/core.h>

namespace hearth::admin {

int log_errors(const Common& common) {
    const auto settings = load_or_exit(common);
    boost::json::object request;
    request["cmd"] = "log-errors";
    const auto answer = ask(control_socket(settings, "master"), request);
    if (!answer) {
        fmt::print(stderr, "hearth: {}\n", answer.error().text);
        return exit_failed;
    }
    for (const auto& object : *answer) {
        const auto* line = object.if_contains("line");
        if (common.json || line == nullptr || !line->is_string()) fmt::print("{}\n", boost::json::serialize(object));
        else fmt::print("{}\n", std::string_view(line->as_string().data(), line->as_string().size()));
    }
    return exit_ok;
}

} // namespace hearth::admin
