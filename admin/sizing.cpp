// SPDX-License-Identifier: Apache-2.0
// `sizing`: what another process_limit would gain and cost, by the comings and goings that anvil has seen.
#include "commands.hpp"
#include "control_client.hpp"
#include "json_fields.hpp"
#include "table.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/core.h>

namespace hearth::admin {
namespace {

constexpr std::int64_t visits_min = 1000; // of fewer the estimate says little

void print_service(const boost::json::object& service) {
    const auto visits = number(service, "visits"), kib = number(service, "average_kib");
    fmt::print("service {}: {} visits of about {:.0f} users seen, {:.1f} processes a user, {}\n", text(service, "service"),
        visits, fraction(service, "users"), fraction(service, "workers_per_user"),
        kib == 0 ? std::string("memory of idle processes not measured yet")
                 : fmt::format("{} for each idle process", bytes_text(static_cast<std::uint64_t>(kib) * 1024)));
    if (visits < visits_min) fmt::print("fewer than {} visits: come back later for numbers to rely on\n", visits_min);
    Table table({"process_limit", "", "hit ratio", "memory, all idle"});
    const auto now = number(service, "process_limit");
    const auto* rows = service.if_contains("rows");
    for (const auto& row : rows != nullptr && rows->is_array() ? rows->as_array() : boost::json::array()) {
        if (!row.is_object()) continue;
        const auto limit = number(row.as_object(), "process_limit");
        table.add({std::to_string(limit), limit == now ? "as it is" : "",
            fmt::format("{:.1f} %", fraction(row.as_object(), "hit_ratio") * 100),
            kib == 0 ? "?" : bytes_text(static_cast<std::uint64_t>(limit * kib) * 1024)});
    }
    fmt::print("{}\n", table.text());
}

} // namespace

int sizing(const Common& common) {
    const auto settings = load_or_exit(common);
    boost::json::object request;
    request["cmd"] = "sizing";
    const auto answer = ask(control_socket(settings, "anvil-admin"), request);
    if (!answer) {
        fmt::print(stderr, "hearth: {}\n", answer.error().text);
        return exit_failed;
    }
    for (const auto& service : *answer) {
        if (common.json)
            fmt::print("{}\n", boost::json::serialize(service));
        else
            print_service(service);
    }
    return exit_ok;
}

} // namespace hearth::admin
