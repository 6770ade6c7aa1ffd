// SPDX-License-Identifier: Apache-2.0
#include "admin_request.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace hearth::anvil {
namespace {

namespace json = boost::json;

std::string line(const json::object& object) {
    return json::serialize(object) + '\n';
}

const json::string* text_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value == nullptr ? nullptr : value->if_string();
}

Checked<AdminRequest> parse_kick(const json::object& object) {
    const auto* user = text_of(object, "user");
    const auto* address = text_of(object, "ip");
    if (user == nullptr && address == nullptr) return Complaint{"kick needs a mask: user, ip or both"};
    KickRequest request;
    if (user != nullptr) request.user = std::string(*user);
    auto mask = AddressMask::parse(address != nullptr ? std::string_view(*address) : "*");
    if (!mask) return mask.error();
    request.address = std::move(*mask);
    return AdminRequest(std::move(request));
}

Checked<AdminRequest> parse_top(const json::object& object) {
    const auto* limit = object.if_contains("limit");
    if (limit == nullptr || !limit->is_int64() || limit->get_int64() < 0)
        return Complaint{"top needs a limit: how many users to show"};
    return AdminRequest(TopRequest{std::min(static_cast<std::size_t>(limit->get_int64()), top_users_max)});
}

std::string_view state_of(Standing standing) {
    switch (standing) {
    case Standing::leaving: return "leaving";
    case Standing::idle: return "idle";
    default: return "busy";
    }
}

// Names are bytes to us, JSON wants UTF-8.
json::string utf8(std::string_view text) {
    return json::string(printable(text));
}

std::int64_t milliseconds(Clock::duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

// Reasons that never came up are left out.
json::object to_json(const Tally& tally) {
    json::object misses;
    for (std::size_t why = 1; why < tally.misses.size(); ++why)
        if (tally.misses[why] > 0) misses[wire::name(static_cast<wire::Cold>(why))] = tally.misses[why];
    return {{"hits", tally.hits}, {"misses", std::move(misses)}, {"hit_ratio", tally.hit_ratio()},
        {"waited", tally.waited}, {"longest_wait_ms", milliseconds(tally.longest_wait)},
        {"refused_user", tally.refused_user}, {"refused_queue", tally.refused_queue}};
}

} // namespace

Checked<AdminRequest> parse_admin_request(std::string_view text) {
    error_code error;
    const auto value = json::parse(text, error);
    if (error || !value.is_object()) return Complaint{"a request is one JSON object on a line"};
    const auto& object = value.get_object();
    const auto* command = text_of(object, "cmd");
    if (command == nullptr) return Complaint{"the request has no \"cmd\""};
    if (*command == "who") return AdminRequest(WhoRequest{});
    if (*command == "stats") return AdminRequest(StatsRequest{});
    if (*command == "services") return AdminRequest(ServicesRequest{});
    if (*command == "sizing") return AdminRequest(SizingRequest{});
    if (*command == "top") return parse_top(object);
    if (*command == "kick") return parse_kick(object);
    return Complaint{"unknown cmd \"" + printable(*command, 64) + "\"; there are who, kick, stats, services, sizing and top"};
}

std::string to_line(const WorkerView& worker) {
    json::array sessions;
    for (const auto& session : worker.sessions) {
        sessions.push_back(
            json::object{{"id", session.id.text()}, {"ip", utf8(session.ip)}, {"since_ms", session.age.count()}});
    }
    // A silent worker without sessions is idle to an administrator who wonders what it does.
    const bool idle = worker.standing != Standing::leaving && worker.sessions.empty();
    json::object object{{"service", utf8(worker.service)}, {"user", utf8(worker.user)}, {"pid", worker.pid},
        {"state", idle ? "idle" : state_of(worker.standing)}, {"sessions", std::move(sessions)},
        {"served", worker.served}, {"age_ms", worker.age.count()}, {"idle_ms", worker.idle.count()},
        {"generation", worker.generation}, {"silent", worker.standing == Standing::silent},
        {"memory_kib", worker.memory_kib}};
    if (worker.before) object["before"] = wire::name(*worker.before);
    return line(object);
}

std::string to_line(const ServiceView& service) {
    return line({{"service", utf8(service.service)}, {"process_limit", service.process_limit},
        {"bound", service.bound}, {"peak", service.peak}, {"idle", service.idle}, {"cold_slots", service.cold},
        {"waiting", service.waiting}, {"longest_waiting_ms", service.longest_waiting.count()},
        {"excess", service.excess}, {"memory_kib", service.memory_kib}, {"measured", service.measured},
        {"memory_limit_kib", service.memory_limit_kib},
        {"evict_order", service.least_expected ? "least-expected" : "longest-idle"}, {"total", to_json(service.total)},
        {"minute", to_json(service.minute)}, {"hour", to_json(service.hour)}});
}

std::string to_line(const SizingView& sizing) {
    json::array rows;
    for (const auto& row : sizing.rows)
        rows.push_back(json::object{{"process_limit", row.process_limit}, {"hit_ratio", row.hit_ratio}});
    return line({{"service", utf8(sizing.service)}, {"process_limit", sizing.process_limit},
        {"workers_per_user", sizing.workers_per_user}, {"visits", sizing.visits}, {"users", sizing.users},
        {"average_kib", sizing.average_kib}, {"rows", std::move(rows)}});
}

std::string to_line(const UserView& user) {
    return line({{"service", utf8(user.service)}, {"user", utf8(user.user)}, {"workers", user.workers},
        {"sessions", user.sessions}, {"waiting", user.waiting}, {"pid", user.pid}, {"served", user.served},
        {"memory_kib", user.memory_kib}, {"idle_ms", user.idle.count()}});
}

std::string stats_line(const Ledger& ledger) {
    const auto& counters = ledger.counters();
    json::object cold, reports;
    for (std::size_t why = 1; why < counters.cold.size(); ++why)
        cold[wire::name(static_cast<wire::Cold>(why))] = counters.cold[why];
    for (std::size_t what = 1; what < counters.reports.size(); ++what)
        reports[name(static_cast<Reception>(what))] = counters.reports[what];
    return line({{"lookups", counters.lookups}, {"warm", counters.warm}, {"busy", counters.busy},
        {"cold", std::move(cold)}, {"waited", counters.waited},
        {"refused", json::object{{"user", counters.refused_user}, {"queue", counters.refused_queue},
                        {"odd", counters.refused_odd}}},
        {"reports_applied", counters.reports[0]}, {"reports_dropped", std::move(reports)},
        {"foreign_sessions", counters.foreign_sessions}, {"silent", counters.silent},
        {"leases_expired", counters.leases_expired}, {"waiting", ledger.waiting()}, {"leases", ledger.lease_count()},
        {"cold_slots", ledger.cold_slots()}, {"workers", ledger.worker_count()}, {"sessions", ledger.session_count()},
        {"users", ledger.user_count()}, {"remembered", ledger.remembered_count()}});
}

std::string kicked_line(std::size_t count) {
    return line({{"kicked", count}});
}

std::string error_line(std::string_view sentence) {
    return line({{"error", utf8(sentence)}});
}

std::string end_line() {
    return line({{"end", true}});
}

} // namespace hearth::anvil
