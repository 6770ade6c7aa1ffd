// SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <optional>

namespace hearth::auth {
namespace {

std::optional<std::string> value_of(std::string_view name, const Variables& variables) {
    const auto at = variables.user.find('@');
    if (name == "u" || name == "user") return variables.user;
    if (name == "n" || name == "username") return variables.user.substr(0, at);
    if (name == "d" || name == "domain") return at == std::string::npos ? std::string() : variables.user.substr(at + 1);
    if (name == "s" || name == "service") return variables.service;
    if (name == "r" || name == "rip") return variables.remote_ip;
    if (name == "l" || name == "lip") return variables.local_ip;
    if (name == "h" || name == "home") return variables.home;
    if (name == "%") return std::string("%");
    return std::nullopt;
}

// The name of the variable at the start of `text`, "u" or what stands between braces, cut off `text`.
std::string_view take_name(std::string_view& text) {
    std::string_view name = text.substr(0, 1);
    if (name != "{") {
        text.remove_prefix(name.size());
        return name;
    }
    const auto end = text.find('}');
    name = end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return name;
}

} // namespace

Fields parse_fields(std::string_view text) {
    Fields fields;
    for (const auto word : split(text, ' ')) {
        if (word.empty()) continue;
        const auto equals = word.find('=');
        fields.emplace(
            word.substr(0, equals), equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1));
    }
    fields.erase("");
    return fields;
}

bool is_set(const Fields& fields, std::string_view key) {
    const auto found = fields.find(key);
    if (found == fields.end()) return false;
    for (const auto* no : {"n", "no", "0", "false"})
        if (equal_ignoring_case(found->second, no)) return false;
    return true;
}

Checked<std::string> expand(std::string_view format, const Variables& variables) {
    std::string result;
    for (auto rest = format; !rest.empty();) {
        const auto percent = rest.find('%');
        result += rest.substr(0, percent);
        if (percent == std::string_view::npos) break;
        rest.remove_prefix(percent + 1);
        char modifier = 0;
        if (rest.starts_with('L') || rest.starts_with('U')) {
            modifier = rest.front();
            rest.remove_prefix(1);
        }
        const auto name = take_name(rest);
        const auto value = value_of(name, variables);
        if (!value) {
            return Complaint{fmt::format("unknown variable %{} in \"{}\": %u, %n, %d, %s, %r, %l and %h are known, "
                                         "with L or U before the letter",
                printable(name, 32), printable(format, 128))};
        }
        result += modifier == 'L' ? to_lower(*value) : modifier == 'U' ? to_upper(*value) : *value;
    }
    return Checked<std::string>(boost::system::in_place_value, std::move(result));
}

Checked<Fields> expand(const Fields& fields, const Variables& variables) {
    Fields result;
    for (const auto& [key, format] : fields) {
        auto value = expand(format, variables);
        if (!value) return value.error();
        result.emplace(key, std::move(*value));
    }
    return result;
}

} // namespace hearth::auth
