// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "control_client.hpp"

#include <fmt/core.h>

namespace hearth::admin {
namespace {

int tell_master(const Common& common, const char* what) {
    const auto settings = load_or_exit(common);
    boost::json::object request;
    request["cmd"] = what;
    const auto answer = ask(control_socket(settings, "master"), request);
    if (answer) return exit_ok;
    fmt::print(stderr, "hearth: {}\n", answer.error().text);
    return exit_failed;
}

} // namespace

int stop(const Common& common) {
    return tell_master(common, "stop");
}

int reload(const Common& common) {
    return tell_master(common, "reload");
}

} // namespace hearth::admin
