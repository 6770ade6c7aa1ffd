// SPDX-License-Identifier: Apache-2.0
// `service status` and `process status`: what the master answers, as Dovecot prints it (a name per line and block), or
// as JSON. To a service's numbers come those that anvil has of it.
#include "commands.hpp"
#include "control_client.hpp"
#include "json_fields.hpp"
#include "service_text.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/core.h>
#include <map>

namespace hearth::admin {
namespace {

Checked<std::vector<boost::json::object>> question(
    const config::Settings& settings, std::string_view socket, const char* command) {
    boost::json::object request;
    request["cmd"] = command;
    return ask(control_socket(settings, socket), request);
}

} // namespace

int service_status(const Common& common) {
    const auto settings = load_or_exit(common);
    auto services = question(settings, "master", "service-status");
    if (!services) {
        fmt::print(stderr, "hearth: {}\n", services.error().text);
        return exit_failed;
    }
    const auto counted = question(settings, "anvil-admin", "services");
    if (!counted) fmt::print(stderr, "hearth: without anvil's numbers: {}\n", counted.error().text);
    std::map<std::string, boost::json::object> of_anvil;
    if (counted)
        for (const auto& object : *counted)
            of_anvil[text(object, "service")] = object;
    for (auto& service : *services) {
        const auto& anvil = of_anvil[text(service, "name")];
        if (!common.json) {
            fmt::print("{}\n", service_text(service, anvil));
            continue;
        }
        if (!anvil.empty()) service["anvil"] = anvil;
        fmt::print("{}\n", boost::json::serialize(service));
    }
    return exit_ok;
}

int process_status(const Common& common) {
    const auto settings = load_or_exit(common);
    const auto processes = question(settings, "master", "process-status");
    if (!processes) {
        fmt::print(stderr, "hearth: {}\n", processes.error().text);
        return exit_failed;
    }
    for (const auto& process : *processes)
        fmt::print("{}\n", common.json ? boost::json::serialize(process) : service_text(process, {}));
    return exit_ok;
}

} // namespace hearth::admin
