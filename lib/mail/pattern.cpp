// SPDX-License-Identifier: Apache-2.0
#include "mail/mailbox_name.hpp"

#include <vector>

namespace hearth::mail {

// Advances the set of all pattern positions that the name so far can have reached, so the cost is name × pattern
// whatever the wildcards are. `reached[i]`: the first i bytes of the pattern have matched.
bool matches_pattern(std::string_view name, std::string_view pattern, char separator) {
    std::vector<bool> reached(pattern.size() + 1), next(pattern.size() + 1);
    const auto is_wildcard = [](char c) { return c == '*' || c == '%'; };
    const auto skip_wildcards = [&](std::vector<bool>& positions) {
        for (std::size_t i = 0; i < pattern.size(); ++i)
            if (positions[i] && is_wildcard(pattern[i])) positions[i + 1] = true;
    };
    reached[0] = true;
    skip_wildcards(reached);
    for (const char c : name) {
        next.assign(pattern.size() + 1, false);
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            if (!reached[i]) continue;
            if (pattern[i] == '*' || (pattern[i] == '%' && c != separator))
                next[i] = true;
            else if (!is_wildcard(pattern[i]) && pattern[i] == c)
                next[i + 1] = true;
        }
        skip_wildcards(next);
        reached.swap(next);
    }
    return reached[pattern.size()];
}

} // namespace hearth::mail
