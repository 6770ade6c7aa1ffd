// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "control_client.hpp"

#include <fmt/core.h>

namespace hearth::admin {
namespace {

int tell_master(const Common& common, const char* what, Wait wait) {
    const auto settings = load_or_exit(common);
    boost::json::object request;
    request["cmd"] = what;
    const auto answer = ask(control_socket(settings, "master"), request, wait);
    if (answer) return exit_ok;
    fmt::print(stderr, "hearth: {}\n", answer.error().text);
    return exit_failed;
}

} // namespace

int stop(const Common& common) {
    return tell_master(common, "stop", Wait::for_its_end);
}

int reload(const Common& common) {
    return tell_master(common, "reload", Wait::for_answer);
}

} // namespace hearth::admin
