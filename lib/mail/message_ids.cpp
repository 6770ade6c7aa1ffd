// SPDX-License-Identifier: Apache-2.0
#include "mail/message_ids.hpp"

#include <deque>
#include <iterator>

namespace hearth::mail {
namespace {

// Quoted left sides are equal to the same text without quotes (RFC 5256 section 3).
std::string normalized(std::string_view id) {
    std::string out;
    for (const char c : id)
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '"' && c != '\\') out += c;
    return out;
}

bool is_valid(std::string_view id) {
    const auto at = id.find('@');
    return at != std::string_view::npos && at > 0 && at + 1 < id.size() && id.size() <= message_id_bytes_max;
}

} // namespace

std::vector<std::string> message_ids(std::string_view value) {
    std::deque<std::string> last;
    std::size_t open = std::string_view::npos;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '<') open = i;
        if (value[i] != '>' || open == std::string_view::npos) continue;
        auto id = normalized(value.substr(open + 1, i - open - 1));
        open = std::string_view::npos;
        if (!is_valid(id)) continue;
        last.push_back(std::move(id));
        if (last.size() > references_max) last.pop_front();
    }
    return {std::make_move_iterator(last.begin()), std::make_move_iterator(last.end())};
}

} // namespace hearth::mail
