// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/subscriptions.hpp"

#include "base/text.hpp"

namespace hearth::store {
namespace {

constexpr std::string_view version_2 = "V\t2\n\n";

// Undoes Dovecot's escapes of \001, tab, CR, LF and NUL.
std::string unescape(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\001' || i + 1 == text.size()) {
            result += text[i] == '\t' ? '.' : text[i];
            continue;
        }
        const char code = text[++i];
        result += code == '0'   ? '\0'
                  : code == '1' ? '\001'
                  : code == 't' ? '\t'
                  : code == 'r' ? '\r'
                  : code == 'n' ? '\n'
                                : code;
    }
    return result;
}

} // namespace

std::vector<std::string> parse_subscriptions(std::string_view text) {
    std::vector<std::string> names;
    const bool escaped = text.starts_with(version_2);
    if (escaped) text.remove_prefix(version_2.size());
    for (const auto line : split(text, '\n'))
        if (!line.empty()) names.push_back(escaped ? unescape(line) : std::string(line));
    return names;
}

} // namespace hearth::store
