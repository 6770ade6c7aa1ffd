// SPDX-License-Identifier: Apache-2.0
#include "search_matcher.hpp"
#include "case_folding.hpp"
#include "wire/dates.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace hearth::imap {

using Kind = SearchKey::Kind;

/// A key with what it needs at each message worked out once.
struct SearchMatcher::Prepared {
    const SearchKey* key = nullptr;
    std::string needle;                         // folded
    std::vector<mail::NumberSet::Range> ranges; // sorted, disjoint
    std::uint32_t keyword_bit = 0;              // 0: no message has it
    std::vector<Prepared> children;
};

/// The message at hand, read as far as was needed.
struct SearchMatcher::Subject {
    const View& view;
    std::size_t index;
    const store::MessageRow& row;
    std::shared_ptr<const mail::Message> message = {};
    std::optional<std::string> folded_body = {}, folded_text = {};
    error_code error = {};

    bool load() {
        if (message || error) return !error;
        auto found = view.mailbox().message(row.uid);
        if (found)
            message = std::move(*found);
        else
            error = found.error();
        return !error;
    }
};

namespace {

bool in_ranges(const std::vector<mail::NumberSet::Range>& ranges, std::uint32_t number) {
    const auto at = std::lower_bound(
        ranges.begin(), ranges.end(), number, [](const auto& range, std::uint32_t n) { return range.last < n; });
    return at != ranges.end() && at->first <= number;
}

std::uint32_t keyword_bit(std::span<const std::string> keywords, std::string_view name) {
    for (std::size_t i = 0; i < std::min<std::size_t>(keywords.size(), 32); ++i)
        if (equal_ignoring_case(keywords[i], name)) return std::uint32_t{1} << i;
    return 0;
}

// An empty string is in every header that is there (RFC 9051 section 6.4.4). The decoded first occurrence is looked
// through, and then all of them as they were sent.
bool header_contains(const mail::Message& message, const std::string& name, const std::string& needle) {
    const auto first = message.header(name, true);
    if (!first) return false;
    if (contains(fold_case(*first), needle)) return true;
    mail::Section all;
    all.text = mail::SectionText::header_fields;
    all.fields.push_back(name);
    const auto raw = message.section(all);
    return raw && contains(fold_case(*raw), needle);
}

} // namespace

SearchMatcher::SearchMatcher(const SearchKey& key, const View& view)
    : view_(view), root_(std::make_unique<Prepared>(prepare(key))) {}
SearchMatcher::~SearchMatcher() = default;

SearchMatcher::Prepared SearchMatcher::prepare(const SearchKey& key) const {
    Prepared prepared;
    prepared.key = &key;
    if (key.set)
        prepared.ranges =
            key.set->resolve(key.kind == Kind::uid ? view_.uid_max() : static_cast<std::uint32_t>(view_.rows().size()));
    if (!key.text.empty()) prepared.needle = fold_case(key.text);
    if (key.kind == Kind::keyword || key.kind == Kind::no_keyword)
        prepared.keyword_bit = keyword_bit(view_.mailbox().keywords(), key.name);
    prepared.children.reserve(key.children.size());
    for (const auto& child : key.children)
        prepared.children.push_back(prepare(child));
    return prepared;
}

Result<bool> SearchMatcher::matches(std::size_t index) {
    Subject subject{.view = view_, .index = index, .row = view_.rows()[index]};
    const bool found = test(*root_, subject);
    if (!subject.error) return found;
    if (subject.error == store::Error::expunged) return false;
    return {boost::system::in_place_error, subject.error};
}

bool SearchMatcher::test(const Prepared& key, Subject& subject) const {
    const auto holds = [&](const Prepared& child) { return test(child, subject); };
    switch (key.key->kind) {
    case Kind::negate: return !test(key.children.front(), subject);
    case Kind::any: return std::any_of(key.children.begin(), key.children.end(), holds);
    case Kind::every: return std::all_of(key.children.begin(), key.children.end(), holds);
    default: break;
    }
    return key.key->cost == SearchKey::Cost::row ? test_row(key, subject) : test_message(key, subject);
}

bool SearchMatcher::test_row(const Prepared& prepared, const Subject& subject) const {
    const auto& key = *prepared.key;
    const auto& row = subject.row;
    switch (key.kind) {
    case Kind::all: return true;
    case Kind::sequence: return in_ranges(prepared.ranges, static_cast<std::uint32_t>(subject.index + 1));
    case Kind::uid: return in_ranges(prepared.ranges, row.uid);
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
    default: return false;
    }
}

bool SearchMatcher::test_message(const Prepared& prepared, Subject& subject) const {
    const auto& key = *prepared.key;
    if (key.cost == SearchKey::Cost::size) {
        const auto size = view_.mailbox().size(subject.row.uid);
        if (!size) subject.error = size.error();
        return size && (key.kind == Kind::larger ? *size > key.number : *size < key.number);
    }
    if (!subject.load()) return false;
    const auto& message = *subject.message;
    if (key.kind == Kind::header) return header_contains(message, key.name, prepared.needle);
    if (key.kind == Kind::body || key.kind == Kind::text) {
        const bool with_headers = key.kind == Kind::text;
        auto& folded = with_headers ? subject.folded_text : subject.folded_body;
        if (!folded) folded = fold_case(message.searchable_text(with_headers));
        return contains(*folded, prepared.needle);
    }
    const auto header = message.header("Date");
    const auto day = header ? day_of_date_header(*header) : std::nullopt;
    if (!day) return false;
    if (key.kind == Kind::sent_before) return *day < key.day;
    return key.kind == Kind::sent_on ? *day == key.day : *day >= key.day;
}

} // namespace hearth::imap
