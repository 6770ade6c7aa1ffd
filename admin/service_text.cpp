// SPDX-License-Identifier: Apache-2.0
#include "service_text.hpp"
#include "json_fields.hpp"
#include "table.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <vector>

namespace hearth::admin {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

std::string plain(const boost::json::value& value) {
    if (value.is_object()) return counts_text(value.as_object());
    return value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value);
}

std::uint64_t unsigned_of(std::int64_t value) {
    return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

std::string memory_text(const boost::json::object& anvil) {
    const auto kib = unsigned_of(number(anvil, "memory_kib")), measured = unsigned_of(number(anvil, "measured"));
    if (measured == 0) return "not measured";
    auto line = fmt::format("{} in all, {} each ({} of {} measured)", bytes_text(kib * 1024),
        bytes_text(kib / measured * 1024), measured, number(anvil, "idle"));
    const auto limit = unsigned_of(number(anvil, "memory_limit_kib"));
    if (limit > 0) line += fmt::format(", limit {}, {} to go", bytes_text(limit * 1024), number(anvil, "excess"));
    return line;
}

std::string spans_text(const boost::json::object& anvil, std::string (*part)(const boost::json::object& tally)) {
    return fmt::format("{} (last hour {}, last minute {})", part(object_of(anvil, "total")),
        part(object_of(anvil, "hour")), part(object_of(anvil, "minute")));
}

std::string refused_text(const boost::json::object& tally) {
    return fmt::format("{}", number(tally, "refused_queue"));
}
std::string limited_text(const boost::json::object& tally) {
    return fmt::format("{}", number(tally, "refused_user"));
}
std::string wait_text(const boost::json::object& tally) {
    return duration_text(unsigned_of(number(tally, "longest_wait_ms")));
}
std::string misses_text(const boost::json::object& tally) {
    return counts_text(object_of(tally, "misses"));
}

Lines anvil_lines(const boost::json::object& anvil) {
    const auto waiting = number(anvil, "waiting");
    const auto longest = duration_text(unsigned_of(number(anvil, "longest_waiting_ms")));
    return {{"evict_order", text(anvil, "evict_order")},
        {"used", fmt::format("{} bound, {} of them warm and idle; at most {} so far", number(anvil, "bound"),
                     number(anvil, "idle"), number(anvil, "peak"))},
        {"idle_memory", memory_text(anvil)},
        {"queue", waiting == 0 ? "nobody waits" : fmt::format("{} wait, the first for {}", waiting, longest)},
        {"longest_wait", spans_text(anvil, wait_text)}, {"refused", spans_text(anvil, refused_text)},
        {"refused_user_limit", spans_text(anvil, limited_text)}, {"hit_ratio", spans_text(anvil, ratio_text)},
        {"misses", misses_text(object_of(anvil, "total"))}, {"misses_last_hour", misses_text(object_of(anvil, "hour"))}};
}

} // namespace

std::string counts_text(const boost::json::object& counts) {
    std::vector<std::pair<std::int64_t, std::string>> sorted;
    for (const auto& entry : counts)
        if (const auto count = number(counts, entry.key_c_str()); count != 0) sorted.emplace_back(-count, entry.key());
    std::sort(sorted.begin(), sorted.end());
    std::string line;
    for (const auto& [count, name] : sorted)
        line += fmt::format("{}{} {}", line.empty() ? "" : ", ", name, -count);
    return line.empty() ? "none" : line;
}

std::string ratio_text(const boost::json::object& tally) {
    const auto misses = object_of(tally, "misses");
    if (number(tally, "hits") == 0 && misses.empty()) return "-";
    return fmt::format("{:.1f} %", fraction(tally, "hit_ratio") * 100);
}

std::string service_text(const boost::json::object& master, const boost::json::object& anvil) {
    Lines lines;
    for (const auto& entry : master)
        lines.emplace_back(entry.key(), plain(entry.value()));
    if (!anvil.empty())
        for (auto& line : anvil_lines(anvil))
            lines.push_back(std::move(line));
    std::size_t width = 0;
    for (const auto& [name, value] : lines)
        width = std::max(width, name.size());
    std::string text;
    for (const auto& [name, value] : lines)
        text += fmt::format("{:<{}}: {}\n", name, width, value);
    return text;
}

} // namespace hearth::admin
