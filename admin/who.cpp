// SPDX-License-Identifier: Apache-2.0
// `who`: Dovecot's columns (username, number of sessions, protocol, pids, addresses), warm workers included; with -v a
// line per worker.
#include "base/mask.hpp"
#include "commands.hpp"
#include "control_client.hpp"
#include "json_fields.hpp"
#include "memory.hpp"
#include "table.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <map>
#include <set>

namespace hearth::admin {
namespace {

struct Worker {
    std::string service, user, state, before;
    std::int64_t pid = 0, served = 0, age_ms = 0, idle_ms = 0, memory_kib = 0;
    std::vector<std::string> ips;
    std::size_t sessions = 0;
};

Worker read_worker(const boost::json::object& object) {
    Worker worker{text(object, "service"), text(object, "user"), text(object, "state"),
        text(object, "before"), number(object, "pid"), number(object, "served"), number(object, "age_ms"),
        number(object, "idle_ms"), number(object, "memory_kib"), {}, 0};
    if (const auto* sessions = object.if_contains("sessions"); sessions != nullptr && sessions->is_array()) {
        worker.sessions = sessions->as_array().size();
        for (const auto& session : sessions->as_array())
            if (session.is_object()) worker.ips.push_back(text(session.as_object(), "ip"));
    }
    return worker;
}

bool selected(const Worker& worker, const std::vector<std::string>& masks) {
    return masks.empty() || std::any_of(masks.begin(), masks.end(), [&](const auto& mask) {
        const auto network = Network::parse(mask);
        if (!network) return matches_mask(mask, worker.user);
        return std::any_of(worker.ips.begin(), worker.ips.end(), [&](const auto& ip) { return network->contains(ip); });
    });
}

std::string dovecot_table(const std::vector<Worker>& workers) {
    struct Row {
        std::size_t sessions = 0;
        std::vector<std::int64_t> pids;
        std::set<std::string> ips;
    };
    std::map<std::pair<std::string, std::string>, Row> rows;
    for (const auto& worker : workers) {
        auto& row = rows[{worker.user, worker.service}];
        row.sessions += worker.sessions;
        row.pids.push_back(worker.pid);
        row.ips.insert(worker.ips.begin(), worker.ips.end());
    }
    std::string out = fmt::format("{:<28} {:>3} {:<8} {:<18} {}\n", "username", "#", "proto", "(pids)", "(ips)");
    for (const auto& [key, row] : rows) {
        out += fmt::format("{:<28} {:>3} {:<8} {:<18} {}\n", key.first, row.sessions, key.second,
            fmt::format("({})", fmt::join(row.pids, " ")), fmt::format("({})", fmt::join(row.ips, " ")));
    }
    return out;
}

constexpr std::size_t looked_at_max = 1000; // workers whose memory is read from /proc: a fifth of a millisecond each

// As anvil was told when it was idle; of those that weren't measured, what /proc says.
std::string memory_text(const Worker& worker, std::size_t& looked_at) {
    if (worker.memory_kib > 0) return bytes_text(static_cast<std::uint64_t>(worker.memory_kib) * 1024);
    if (looked_at++ >= looked_at_max) return "?";
    const auto memory = private_memory_bytes(static_cast<pid_t>(worker.pid));
    return memory ? bytes_text(*memory) : "?";
}

std::string verbose_table(const std::vector<Worker>& workers, const config::Settings& settings) {
    Table table({"username", "#", "proto", "(pids)", "(ips)", "state", "sessions", "age", "idle", "idle left", "memory",
        "one before"});
    std::size_t looked_at = 0;
    for (const auto& worker : workers) {
        std::string left = "-";
        const auto* service = settings.service(worker.service);
        if (worker.state == "idle" && service != nullptr && service->idle_kill != config::infinite)
            left = duration_text(static_cast<std::uint64_t>(std::max<std::int64_t>(0, service->idle_kill.count() - worker.idle_ms)));
        table.add({worker.user, std::to_string(worker.sessions), worker.service, fmt::format("({})", worker.pid),
            fmt::format("({})", fmt::join(worker.ips, " ")), worker.state, std::to_string(worker.served),
            duration_text(static_cast<std::uint64_t>(worker.age_ms)),
            worker.state == "idle" ? duration_text(static_cast<std::uint64_t>(worker.idle_ms)) : "-", left,
            memory_text(worker, looked_at), worker.before.empty() ? "-" : worker.before});
    }
    return table.text();
}

} // namespace

int who(const Common& common, const WhoOptions& options) {
    const auto settings = load_or_exit(common);
    boost::json::object request;
    request["cmd"] = "who";
    const auto answer = ask(control_socket(settings, "anvil-admin"), request);
    if (!answer) {
        fmt::print(stderr, "hearth: {}\n", answer.error().text);
        return exit_failed;
    }
    std::vector<Worker> workers;
    for (const auto& object : *answer) {
        auto worker = read_worker(object);
        if (!selected(worker, options.masks)) continue;
        if (common.json) fmt::print("{}\n", boost::json::serialize(object));
        workers.push_back(std::move(worker));
    }
    if (common.json) return exit_ok;
    std::sort(workers.begin(), workers.end(), [](const Worker& a, const Worker& b) {
        return std::tie(a.user, a.service, a.pid) < std::tie(b.user, b.service, b.pid);
    });
    fmt::print("{}", options.verbose ? verbose_table(workers, settings) : dovecot_table(workers));
    return exit_ok;
}

} // namespace hearth::admin
