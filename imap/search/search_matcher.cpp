// SPDX-License-Identifier: Apache-2.0
#include "search/search_matcher.hpp"
#include "case_folding.hpp"
#include "search/fuzzy_keys.hpp"
#include "wire/dates.hpp"

#include "base/text.hpp"
#include "mail/search_values.hpp"

#include <algorithm>

namespace hearth::imap {
namespace {

using Kind = SearchKey::Kind;

/// After so many steps through a message's text others get their turn: some milliseconds.
constexpr int text_steps_at_once = 6;

template <class Value> bool is_gone(const Result<Value>& result) {
    return !result && result.error() == store::Error::expunged;
}

} // namespace

/// The message at hand, read as far as was needed.
struct SearchMatcher::Subject {
    Subject(std::size_t index_, store::Mailbox& mailbox, const store::MessageRow& row)
        : index(index_), reader(mailbox, row) {}

    std::size_t index;
    MessageReader reader;
    /// Of PreparedSearch::fields: all values that the message has, decoded and folded.
    std::vector<std::optional<std::vector<std::string>>> fields;
    std::unique_ptr<TextScan> scan;

    Result<const std::vector<std::string>*> values(const PreparedSearch& search, std::size_t number) {
        fields.resize(search.fields.size());
        if (fields[number]) return &*fields[number];
        std::vector<std::string> values;
        const auto read = reader.for_each_field(search.fields[number], [&](std::string_view value) {
            for (auto& text : mail::search_values(search.fields[number], value)) values.push_back(std::move(text));
        });
        if (!read) return read.error();
        return &fields[number].emplace(std::move(values));
    }
};

SearchMatcher::SearchMatcher(
    const SearchKey& key, const View& view, std::int64_t now, const std::vector<std::uint32_t>& saved)
    : view_(view), now_(now), search_(prepare_search(key, view, saved)) {}
SearchMatcher::~SearchMatcher() = default;

Result<void> SearchMatcher::look_up_fuzzy() {
    for (auto& lookup : search_.fuzzy) {
        if (lookup.asked) continue;
        auto found = view_.mailbox().search_fuzzy(lookup.field, *lookup.words);
        if (!found) return found.error();
        lookup.matches = std::move(*found);
        lookup.asked = true;
    }
    return {};
}

int SearchMatcher::relevancy(std::size_t index) const {
    return relevancy_of(search_, view_.rows()[index].uid);
}

std::vector<RowRange> SearchMatcher::candidates() const {
    // The narrowest set, if several must hold.
    std::optional<std::vector<RowRange>> best;
    const auto rows_in = [](const std::vector<RowRange>& ranges) {
        std::size_t count = 0;
        for (const auto& range : ranges)
            count += range.end - range.begin;
        return count;
    };
    for (const auto& child : search_.root.key->children) {
        std::optional<std::vector<RowRange>> ranges;
        if (child.kind == Kind::uid) ranges = view_.rows_of_uids(*child.set);
        if (child.kind == Kind::sequence) ranges = view_.rows_of_sequence(*child.set);
        if (ranges && (!best || rows_in(*ranges) < rows_in(*best))) best = std::move(ranges);
    }
    if (best) return std::move(*best);
    return {RowRange{0, view_.rows().size()}};
}

SearchMatcher::Subject& SearchMatcher::subject_at(std::size_t index) {
    if (!subject_ || subject_->index != index)
        subject_ = std::make_unique<Subject>(index, view_.mailbox(), view_.rows()[index]);
    return *subject_;
}

Result<SearchMatcher::Truth> SearchMatcher::matches(std::size_t index) {
    if (search_.root.key->cost == SearchKey::Cost::row)
        return test_row(search_.root, search_, view_.rows()[index], index, now_) ? Truth::yes : Truth::no;
    return test(search_.root, subject_at(index));
}

Result<SearchMatcher::Truth> SearchMatcher::test(const PreparedKey& key, Subject& subject) const {
    if (key.key->cost == SearchKey::Cost::row)
        return test_row(key, search_, subject.reader.row(), subject.index, now_) ? Truth::yes : Truth::no;
    switch (key.key->kind) {
    case Kind::negate: {
        const auto truth = test(key.children.front(), subject);
        if (!truth || *truth == Truth::unknown) return truth;
        return *truth == Truth::yes ? Truth::no : Truth::yes;
    }
    case Kind::any: return test_children(key, subject, Truth::yes);
    case Kind::every: return test_children(key, subject, Truth::no);
    default: break;
    }
    const auto truth = test_message(key, subject);
    return is_gone(truth) ? Result<Truth>(Truth::unknown) : truth;
}

// OR and AND of three values: the decisive one ends it, else unknown if there is one.
Result<SearchMatcher::Truth> SearchMatcher::test_children(
    const PreparedKey& key, Subject& subject, Truth decisive) const {
    auto truth = decisive == Truth::yes ? Truth::no : Truth::yes;
    for (const auto& child : key.children) {
        const auto held = test(child, subject);
        if (!held || *held == decisive) return held;
        if (*held == Truth::unknown) truth = Truth::unknown;
    }
    return truth;
}

Result<SearchMatcher::Truth> SearchMatcher::test_message(const PreparedKey& prepared, Subject& subject) const {
    const auto& key = *prepared.key;
    const auto truth = [](bool holds) { return holds ? Truth::yes : Truth::no; };
    if (prepared.fuzzy && search_.fuzzy[*prepared.fuzzy].matches)
        return truth(search_.fuzzy[*prepared.fuzzy].score(subject.reader.row().uid) != 0);
    if (key.kind == Kind::body || key.kind == Kind::text) return test_text(prepared, subject);
    if (key.kind == Kind::larger || key.kind == Kind::smaller) {
        const auto size = subject.reader.size();
        if (!size) return size.error();
        return truth(key.kind == Kind::larger ? *size > key.number : *size < key.number);
    }
    if (key.kind == Kind::header && prepared.digest_field) {
        const auto digest = subject.reader.digest();
        if (!digest) return digest.error();
        const auto values = digest->values[*prepared.digest_field];
        return truth(prepared.folded.empty() ? !values.empty() : contains(values, prepared.folded));
    }
    if (key.kind == Kind::header) {
        const auto values = subject.values(search_, prepared.number);
        if (!values) return values.error();
        // The empty string is in every field that is there (RFC 9051 section 6.4.4).
        return truth(std::any_of((*values)->begin(), (*values)->end(),
            [&](const auto& value) { return contains(value, prepared.folded); }));
    }
    if (key.cost == SearchKey::Cost::summary) {
        const auto digest = subject.reader.digest();
        if (!digest) return digest.error();
        const auto day = day_of_date_header(digest->date);
        if (!day) return Truth::no;
        if (key.kind == Kind::sent_before) return truth(*day < key.day);
        return truth(key.kind == Kind::sent_on ? *day == key.day : *day >= key.day);
    }
    const auto facts = subject.reader.facts();
    if (!facts && facts.error() == store::Error::unsupported && key.kind == Kind::saves_dates) return Truth::no;
    if (!facts) return facts.error();
    // RFC 8514 section 4.3: where no saved date is known, the internal date stands in.
    const auto saved = day_of((*facts)->saved != 0 ? (*facts)->saved : subject.reader.row().internal_date);
    switch (key.kind) {
    case Kind::email_id: return truth((*facts)->emailid == key.name);
    case Kind::thread_id: return truth((*facts)->threadid == key.name);
    case Kind::saved_before: return truth(saved < key.day);
    case Kind::saved_on: return truth(saved == key.day);
    case Kind::saved_since: return truth(saved >= key.day);
    default: return Truth::yes;
    }
}

Result<SearchMatcher::Truth> SearchMatcher::test_text(const PreparedKey& prepared, Subject& subject) const {
    if (!subject.scan) {
        const auto text = subject.reader.text();
        if (!text) return text.error();
        subject.scan = std::make_unique<TextScan>(text->bytes, *text->structure, search_.needles);
    }
    for (int steps = 0; steps < text_steps_at_once; ++steps) {
        if (const auto found = subject.scan->found(prepared.number)) return *found ? Truth::yes : Truth::no;
        subject.scan->step();
    }
    if (const auto found = subject.scan->found(prepared.number)) return *found ? Truth::yes : Truth::no;
    return store::Error::unfinished;
}

} // namespace hearth::imap
