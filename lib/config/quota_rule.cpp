// SPDX-License-Identifier: Apache-2.0
#include "config/quota_rule.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <limits>

namespace hearth::config {
namespace {

constexpr std::string_view form = "a quota rule is *:storage=1G:messages=1000";

// 0 behind an unknown unit.
std::uint64_t bytes_of_unit(char unit) {
    switch (unit) {
    case 'b': return 1;
    case 'k': return 1024;
    case 'm': return std::uint64_t{1} << 20;
    case 'g': return std::uint64_t{1} << 30;
    case 't': return std::uint64_t{1} << 40;
    default: return 0;
    }
}

// "1G", "100 M", "5" of `otherwise` bytes each.
std::optional<std::uint64_t> size_of(std::string_view text, std::uint64_t otherwise) {
    auto word = to_lower(trim(text));
    if (word.size() > 1 && word.ends_with("b") && bytes_of_unit(word[word.size() - 2]) != 0) word.pop_back(); // "MB"
    auto unit = otherwise;
    if (!word.empty() && bytes_of_unit(word.back()) != 0) {
        unit = bytes_of_unit(word.back());
        word.pop_back();
    }
    const auto number = parse_u64(trim(word));
    if (!number || *number > std::numeric_limits<std::uint64_t>::max() / unit) return std::nullopt;
    return *number * unit;
}

std::string wrong(std::string_view part) {
    return fmt::format("\"{}\" is no limit: {}", printable(part, 60), form);
}

} // namespace

Checked<QuotaRule> parse_quota_rule(std::string_view text) {
    const auto parts = split(trim(text), ':');
    if (parts.size() < 2 || parts[0].empty())
        return Complaint{fmt::format("\"{}\" names no mailbox or no limit: {}", printable(text, 60), form)};
    QuotaRule rule;
    rule.mailbox = parts[0];
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const auto part = trim(parts[i]);
        if (equal_ignoring_case(part, "ignore")) {
            rule.is_ignored = true;
            continue;
        }
        const auto equals = part.find('=');
        if (equals == std::string_view::npos) return Complaint{wrong(part)};
        const auto key = to_lower(trim(part.substr(0, equals)));
        const auto value = trim(part.substr(equals + 1));
        if (!value.empty() && (value[0] == '+' || value[0] == '-' || value.back() == '%')) {
            rule.is_relative = true;
            continue;
        }
        const auto limit = key == "messages" ? parse_u64(value) : size_of(value, key == "bytes" ? 1 : 1024);
        if (!limit || (key != "messages" && key != "bytes" && key != "storage")) return Complaint{wrong(part)};
        (key == "messages" ? rule.messages : rule.bytes) = *limit;
    }
    return rule;
}

} // namespace hearth::config
