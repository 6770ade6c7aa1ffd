// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "control_client.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/core.h>

namespace hearth::admin {

int kick(const Common& common, const KickOptions& options) {
    const auto settings = load_or_exit(common);
    boost::json::object request;
    request["cmd"] = "kick";
    request["user"] = options.user;
    if (!options.ip.empty()) request["ip"] = options.ip;
    const auto answer = ask(control_socket(settings, "anvil-admin"), request);
    if (!answer) {
        fmt::print(stderr, "hearth: {}\n", answer.error().text);
        return exit_failed;
    }
    for (const auto& object : *answer) fmt::print("{}\n", boost::json::serialize(object));
    return exit_ok;
}

} // namespace hearth::admin
