// SPDX-License-Identifier: Apache-2.0
#include "config/expand.hpp"

#include <algorithm>

namespace hearth::config {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// The name behind the `$` at `at`; empty when there is none.
std::string_view name_at(std::string_view value, std::size_t at) {
    const bool begins_word = at == 0 || value[at - 1] == ' ' || value[at - 1] == '\t';
    if (value[at] != '$' || !begins_word) return {};
    auto rest = value.substr(at + 1);
    const std::size_t start = rest.starts_with("ENV:") ? 4 : 0;
    auto end = start;
    while (end < rest.size() && (is_letter(rest[end]) || (end > start && rest[end] >= '0' && rest[end] <= '9')))
        ++end;
    return end == start ? std::string_view{} : rest.substr(0, end);
}

} // namespace

bool for_each_piece(std::string_view value, const std::function<void(std::string_view, bool)>& take) {
    bool any = false;
    std::size_t begin = 0, at = 0;
    while (at < value.size()) {
        const auto name = name_at(value, at);
        if (name.empty()) {
            ++at;
            continue;
        }
        if (at > begin) take(value.substr(begin, at - begin), false);
        take(name, true);
        any = true;
        at += 1 + name.size();
        begin = at;
    }
    if (begin < value.size()) take(value.substr(begin), false);
    return any;
}

bool has_name(std::string_view value) {
    return for_each_piece(value, [](std::string_view, bool) {});
}

bool is_late_name(const SettingSpec& spec, std::string_view name) {
    const bool names_user =
        spec.scope != Scope::global && (spec.name == "user" || spec.name == "group" || spec.name == "extra_groups");
    return names_user &&
           (name == "default_internal_user" || name == "default_internal_group" || name == "default_login_user");
}

} // namespace hearth::config
