// SPDX-License-Identifier: Apache-2.0
#include "username.hpp"
#include "base/text.hpp"
#include "fields.hpp"
#include "protocol/limits.hpp"

#include <fmt/format.h>

namespace hearth::auth {
namespace {

std::string translate(std::string name, std::string_view pairs) {
    for (auto& c : name) {
        for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
            if (c != pairs[i]) continue;
            c = pairs[i + 1];
            break;
        }
    }
    return name;
}

// Control bytes, invalid UTF-8 and backslashes are out whatever the settings say: printable() would change them.
bool is_clean(std::string_view name) {
    return name.find('/') == std::string_view::npos && printable(name, name.size()) == name;
}

bool is_dots(std::string_view part) {
    return part == "." || part == "..";
}

Complaint no_user_name(std::string_view typed, std::string_view why) {
    return {fmt::format("\"{}\" can't be a user name: {}", printable(typed, 64), why)};
}

} // namespace

Checked<std::string> canonical_user(std::string_view typed, const UsernameRules& rules) {
    if (typed.empty()) return no_user_name(typed, "it is empty");
    if (typed.size() > protocol::user_bytes_max) return no_user_name(typed, "it is too long");
    std::string name(typed);
    if (!rules.default_realm.empty() && name.find('@') == std::string::npos) name += "@" + rules.default_realm;
    name = translate(std::move(name), rules.translation);
    if (!rules.chars.empty() && name.find_first_not_of(rules.chars) != std::string::npos)
        return no_user_name(typed, "it has characters that auth_username_chars doesn't list");

    Variables variables;
    variables.user = std::move(name);
    auto formatted = expand(rules.format.empty() ? std::string_view("%u") : std::string_view(rules.format), variables);
    if (!formatted) return Complaint{"auth_username_format: " + formatted.error().text};
    if (formatted->empty()) return no_user_name(typed, "nothing is left of it after auth_username_format");
    if (formatted->size() > protocol::user_bytes_max) return no_user_name(typed, "it is too long");
    if (!is_clean(*formatted)) return no_user_name(typed, "it has characters that no user name may have");
    const auto at = formatted->find('@');
    if (is_dots(*formatted) || is_dots(formatted->substr(0, at)) ||
        (at != std::string::npos && is_dots(formatted->substr(at + 1))))
        return no_user_name(typed, "a path would take it for a directory above");
    return formatted;
}

} // namespace hearth::auth
