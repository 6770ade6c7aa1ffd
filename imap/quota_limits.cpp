// SPDX-License-Identifier: Apache-2.0
#include "quota_limits.hpp"

#include "base/text.hpp"
#include "config/quota_rule.hpp"
#include "config/value.hpp"

#include <fmt/format.h>
#include <limits>
#include <optional>

namespace hearth::imap {
namespace {

constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();

std::uint64_t limit_of(std::uint64_t setting) {
    return setting == unlimited ? 0 : setting;
}

// 2.4's fields have the form of the settings.
std::optional<std::uint64_t> field_limit(std::string_view key, std::string_view text) {
    const auto* spec = config::find_setting(config::Scope::global, key);
    std::string canonical;
    if (spec == nullptr || config::canonicalize(*spec, text, canonical)) return std::nullopt;
    const auto number = config::decode_number(canonical);
    return number ? std::optional(limit_of(*number)) : std::nullopt;
}

} // namespace

Checked<store::QuotaLimits> read_quota_limits(
    const config::Snapshot& snapshot, const std::function<std::string(std::string_view)>& policy) {
    store::QuotaLimits limits;
    limits.bytes = limit_of(snapshot.uint("quota_storage_size"));
    limits.messages = limit_of(snapshot.uint("quota_message_count"));
    const bool is_on = !snapshot.text("quota_root").empty() || limits != store::QuotaLimits();
    if (!is_on) return limits;
    if (const auto text = policy("quota_rule"); !text.empty()) {
        const auto rule = config::parse_quota_rule(text);
        if (!rule) return Complaint{"the user's quota_rule: " + rule.error().text};
        if (!rule->is_for_all() || rule->is_relative || rule->is_ignored)
            return Complaint{
                fmt::format("the user's quota_rule {}: only *:storage=...:messages=... is built", printable(text, 60))};
        if (rule->bytes) limits.bytes = *rule->bytes;
        if (rule->messages) limits.messages = *rule->messages;
    }
    const std::pair<std::string_view, std::uint64_t*> fields[] = {
        {"quota_storage_size", &limits.bytes}, {"quota_message_count", &limits.messages}};
    for (const auto& [key, to] : fields) {
        const auto text = policy(key);
        if (text.empty()) continue;
        const auto limit = field_limit(key, text);
        if (!limit) return Complaint{fmt::format("the user's {} = {} is no limit", key, printable(text, 60))};
        *to = *limit;
    }
    return limits;
}

} // namespace hearth::imap
