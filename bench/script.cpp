// SPDX-License-Identifier: Apache-2.0
#include "script.hpp"

#include <fmt/format.h>

namespace hearth::bench {

std::string login_line(std::string_view user, std::string_view password) {
    return fmt::format("a LOGIN {} {}\r\n", user, password);
}

bool ends_with_tagged_line(std::string_view input, std::string_view tag) {
    if (!input.ends_with("\r\n")) return false;
    const auto before = input.substr(0, input.size() - 2).rfind("\r\n");
    const auto line = before == std::string_view::npos ? input : input.substr(before + 2);
    return line.size() > tag.size() && line.starts_with(tag) && line[tag.size()] == ' ';
}

} // namespace hearth::bench
