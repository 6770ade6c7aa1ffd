// SPDX-License-Identifier: Apache-2.0
// The session that all benchmarks run: what a webmail does for a click.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace hearth::bench {

/// The commands after LOGIN, with the tag each answer ends with.
struct Command {
    std::string_view line, tag;
};
constexpr std::array<Command, 3> click{{
    {"b SELECT INBOX\r\n", "b"},
    {"c UID FETCH 1:20 (FLAGS ENVELOPE)\r\n", "c"},
    {"d LOGOUT\r\n", "d"},
}};

/// "a LOGIN user password\r\n"
std::string login_line(std::string_view user, std::string_view password);

/// Does `input` end with a whole line that starts with `tag` and a blank?
bool ends_with_tagged_line(std::string_view input, std::string_view tag);

} // namespace hearth::bench
