// SPDX-License-Identifier: Apache-2.0
#include "search/fuzzy_keys.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

using Kind = SearchKey::Kind;

constexpr int relevancy_max = 100;

// 0: no fuzzy key says anything of the message.
int share_of(const PreparedKey& key, const PreparedSearch& search, std::uint32_t uid) {
    if (key.fuzzy) return search.fuzzy[*key.fuzzy].score(uid);
    if (key.key->kind == Kind::negate) return 0;
    int sum = 0, count = 0, best = 0;
    for (const auto& child : key.children) {
        const int share = share_of(child, search, uid);
        sum += share;
        count += share != 0 ? 1 : 0;
        best = std::max(best, share);
    }
    if (key.key->kind == Kind::any) return best;
    return count == 0 ? 0 : sum / count;
}

} // namespace

int FuzzyLookup::score(std::uint32_t uid) const {
    if (!matches) return relevancy_max;
    const auto at = std::lower_bound(matches->begin(), matches->end(), uid,
        [](const store::FuzzyMatch& match, std::uint32_t wanted) { return match.uid < wanted; });
    return at == matches->end() || at->uid != uid ? 0 : at->score;
}

std::optional<store::FuzzyField> fuzzy_field(const SearchKey& key) {
    using enum store::FuzzyField;
    if (!key.fuzzy) return std::nullopt;
    if (key.kind == Kind::body) return body;
    if (key.kind == Kind::text) return text;
    if (key.kind != Kind::header) return std::nullopt;
    if (equal_ignoring_case(key.name, "subject")) return subject;
    if (equal_ignoring_case(key.name, "from")) return from;
    if (equal_ignoring_case(key.name, "to")) return to;
    if (equal_ignoring_case(key.name, "cc")) return cc;
    if (equal_ignoring_case(key.name, "bcc")) return bcc;
    return std::nullopt;
}

int relevancy_of(const PreparedSearch& search, std::uint32_t uid) {
    const int share = share_of(search.root, search, uid);
    return share == 0 ? relevancy_max : std::clamp(share, 1, relevancy_max);
}

} // namespace hearth::imap
