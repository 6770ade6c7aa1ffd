// SPDX-License-Identifier: Apache-2.0
#include "top_screen.hpp"
#include "json_fields.hpp"
#include "service_text.hpp"
#include "table.hpp"

#include <fmt/format.h>
#include <sstream>

namespace hearth::admin {
namespace {

std::uint64_t amount(const boost::json::object& object, const char* key) {
    const auto value = number(object, key);
    return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

std::string kib_text(std::uint64_t kib) {
    return kib == 0 ? "-" : bytes_text(kib * 1024);
}

std::string services_table(const std::vector<boost::json::object>& services) {
    Table table({"service", "limit", "used", "busy", "warm", "peak", "waiting", "for", "refused 1h", "hits 1m", "hits 1h",
        "hits", "memory", "each"});
    for (const auto& service : services) {
        const auto bound = amount(service, "bound"), idle = amount(service, "idle");
        const auto measured = amount(service, "measured"), kib = amount(service, "memory_kib");
        const auto hour = object_of(service, "hour");
        table.add({text(service, "service"), std::to_string(amount(service, "process_limit")), std::to_string(bound),
            std::to_string(bound - std::min(bound, idle)), std::to_string(idle), std::to_string(amount(service, "peak")),
            std::to_string(amount(service, "waiting")),
            amount(service, "waiting") == 0 ? "-" : duration_text(amount(service, "longest_waiting_ms")),
            std::to_string(amount(hour, "refused_queue") + amount(hour, "refused_user")),
            ratio_text(object_of(service, "minute")), ratio_text(hour), ratio_text(object_of(service, "total")),
            kib_text(kib), measured == 0 ? "-" : kib_text(kib / measured)});
    }
    return table.text();
}

std::string users_table(const TopData& data) {
    Table table({"username", "proto", "sessions", "waiting", "workers", "pid", "served", "idle", "cpu", "memory"});
    for (const auto& user : data.users) {
        const auto pid = number(user, "pid");
        const auto cpu = data.cpu_percent.find(pid);
        table.add({text(user, "user"), text(user, "service"), std::to_string(amount(user, "sessions")),
            std::to_string(amount(user, "waiting")), std::to_string(amount(user, "workers")),
            pid == 0 ? "-" : std::to_string(pid), std::to_string(amount(user, "served")),
            amount(user, "idle_ms") == 0 ? "-" : duration_text(amount(user, "idle_ms")),
            cpu == data.cpu_percent.end() ? "-" : fmt::format("{:.1f}%", cpu->second),
            kib_text(amount(user, "memory_kib"))});
    }
    return table.text();
}

} // namespace

TopData read_top(const std::vector<boost::json::object>& answer) {
    TopData data;
    for (const auto& object : answer)
        (object.contains("user") ? data.users : data.services).push_back(object);
    return data;
}

std::vector<std::string> top_screen(const TopData& data, const std::string& head, std::size_t rows, std::size_t columns) {
    std::vector<std::string> lines{head, ""};
    std::istringstream tables(
        data.complaint.empty() ? services_table(data.services) + "\n" + users_table(data) : data.complaint);
    for (std::string line; std::getline(tables, line) && (rows == 0 || lines.size() < rows);)
        lines.push_back(line);
    if (rows != 0 && lines.size() > rows) lines.resize(rows);
    if (columns != 0)
        for (auto& line : lines)
            line = cut(line, columns);
    return lines;
}

std::string cut(const std::string& line, std::size_t columns) {
    std::size_t at = 0;
    for (; at < line.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(line[at]) & 0xc0) != 0x80; // a character of UTF-8
        if (begins && columns-- == 0) break;
    }
    return line.substr(0, at);
}

} // namespace hearth::admin
