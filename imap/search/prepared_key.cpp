// SPDX-License-Identifier: Apache-2.0
#include "search/prepared_key.hpp"
#include "case_folding.hpp"
#include "search/fuzzy_keys.hpp"
#include "wire/dates.hpp"

#include "base/text.hpp"
#include "mail/digest.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

using Kind = SearchKey::Kind;

bool in_ranges(const std::vector<mail::NumberSet::Range>& ranges, std::uint32_t number) {
    const auto at = std::lower_bound(
        ranges.begin(), ranges.end(), number, [](const auto& range, std::uint32_t n) { return range.last < n; });
    return at != ranges.end() && at->first <= number;
}

std::uint64_t keyword_bit(std::span<const std::string> keywords, std::string_view name) {
    for (std::size_t i = 0; i < std::min(keywords.size(), store::keywords_max); ++i)
        if (equal_ignoring_case(keywords[i], name)) return std::uint64_t{1} << i;
    return 0;
}

class Preparation {
public:
    explicit Preparation(const View& view) : view_(view) {}

    PreparedKey prepare(const SearchKey& key, PreparedSearch& search) const {
        PreparedKey prepared;
        prepared.key = &key;
        if (key.set)
            prepared.ranges = key.set->resolve(
                key.kind == Kind::uid ? view_.uid_max() : static_cast<std::uint32_t>(view_.rows().size()));
        switch (key.kind) {
        case Kind::keyword:
        case Kind::no_keyword: prepared.keyword_bit = keyword_bit(view_.mailbox().keywords(), key.name); break;
        case Kind::header:
            prepared.folded = fold_case(key.text);
            // Values in a digest are apart by line ends, so a string with one of its own is for the fields themselves.
            if (prepared.folded.find('\n') == std::string::npos)
                prepared.digest_field = mail::Digest::field_number(to_lower(key.name));
            prepared.number = number_of_field(to_lower(key.name), search.fields);
            break;
        case Kind::body:
        case Kind::text:
            prepared.number = search.needles.size();
            search.needles.push_back({fold_case(key.text), key.kind == Kind::text});
            break;
        default: break;
        }
        if (const auto field = fuzzy_field(key)) {
            prepared.fuzzy = search.fuzzy.size();
            search.fuzzy.push_back({*field, &key.text, false, {}});
        }
        prepared.children.reserve(key.children.size());
        for (const auto& child : key.children)
            prepared.children.push_back(prepare(child, search));
        return prepared;
    }

private:
    static std::size_t number_of_field(std::string name, std::vector<std::string>& fields) {
        const auto at = std::find(fields.begin(), fields.end(), name);
        if (at != fields.end()) return static_cast<std::size_t>(at - fields.begin());
        fields.push_back(std::move(name));
        return fields.size() - 1;
    }

    const View& view_;
};

} // namespace

PreparedSearch prepare_search(const SearchKey& key, const View& view, const std::vector<std::uint32_t>& saved) {
    PreparedSearch search;
    search.saved = saved;
    search.root = Preparation(view).prepare(key, search);
    return search;
}

bool test_row(const PreparedKey& prepared, const PreparedSearch& search, const store::MessageRow& row,
    std::size_t index, std::int64_t now) {
    const auto& key = *prepared.key;
    const auto holds = [&](const PreparedKey& child) { return test_row(child, search, row, index, now); };
    const auto seconds = static_cast<std::int64_t>(key.number);
    switch (key.kind) {
    case Kind::all: return true;
    case Kind::sequence: return in_ranges(prepared.ranges, static_cast<std::uint32_t>(index + 1));
    case Kind::uid: return in_ranges(prepared.ranges, row.uid);
    case Kind::saved_result: return std::binary_search(search.saved.begin(), search.saved.end(), row.uid);
    case Kind::flag: return row.flags.has(key.flag);
    case Kind::no_flag: return !row.flags.has(key.flag);
    case Kind::keyword: return (row.keywords & prepared.keyword_bit) != 0;
    case Kind::no_keyword: return (row.keywords & prepared.keyword_bit) == 0;
    case Kind::recent: return row.recent;
    case Kind::not_recent: return !row.recent;
    case Kind::unseen_and_recent: return row.recent && !row.flags.has(mail::Flag::seen);
    case Kind::before: return day_of(row.internal_date) < key.day;
    case Kind::on: return day_of(row.internal_date) == key.day;
    case Kind::since: return day_of(row.internal_date) >= key.day;
    // RFC 5032 section 3: what is exactly so old is both.
    case Kind::younger: return row.internal_date >= now - seconds;
    case Kind::older: return row.internal_date <= now - seconds;
    case Kind::modseq: return row.modseq >= key.number;
    case Kind::negate: return !holds(prepared.children.front());
    case Kind::any: return std::any_of(prepared.children.begin(), prepared.children.end(), holds);
    case Kind::every: return std::all_of(prepared.children.begin(), prepared.children.end(), holds);
    default: return false;
    }
}

} // namespace hearth::imap
