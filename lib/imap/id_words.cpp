// SPDX-License-Identifier: Apache-2.0
#include "imap/id_words.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

constexpr std::size_t logged_max = 256;

// What "*" stands for. The version is told only when it is asked for: it helps attackers more than clients.
std::optional<std::string> built_in_value(std::string_view field) {
    if (equal_ignoring_case(field, "name")) return "Hearth";
    if (equal_ignoring_case(field, "version")) return HEARTH_VERSION;
    return std::nullopt;
}

// The next word of `text`, which may stand in quotes.
std::string next_word(std::string_view& text) {
    text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
    const bool quoted = !text.empty() && text.front() == '"';
    if (quoted) text.remove_prefix(1);
    const auto end = std::min(text.find_first_of(quoted ? "\"" : " \t"), text.size());
    std::string word(text.substr(0, end));
    text.remove_prefix(std::min(end + (quoted ? 1 : 0), text.size()));
    return word;
}

// RFC 9051 section 9, `quoted`: settings are text; what isn't ASCII has no place before UTF8=ACCEPT.
void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c >= 0x20 && c < 0x7f ? c : '?';
    }
    out += '"';
}

} // namespace

std::string id_reply(std::string_view setting) {
    std::string reply;
    for (auto field = next_word(setting); !field.empty(); field = next_word(setting)) {
        auto value = std::optional<std::string>(next_word(setting));
        if (*value == "*") value = built_in_value(field);
        if (!value) continue;
        reply += reply.empty() ? '(' : ' ';
        append_quoted(reply, field);
        reply += ' ';
        append_quoted(reply, *value);
    }
    return reply.empty() ? "NIL" : reply + ')';
}

void ClientId::add(std::string_view name, std::string_view value) {
    const bool wanted = std::any_of(wanted_.begin(), wanted_.end(),
        [&](const auto& field) { return field == "*" || equal_ignoring_case(field, name); });
    if (!wanted || text_.size() > logged_max) return;
    text_ += text_.empty() ? "" : ", ";
    text_.append(name).append("=").append(value.substr(0, logged_max));
}

std::string ClientId::text() const {
    return printable(text_, logged_max);
}

} // namespace hearth::imap
