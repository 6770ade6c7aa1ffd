// SPDX-License-Identifier: Apache-2.0
#include "store/search/fuzzy_search.hpp"

#include "store/row_search.hpp"
#include "store/search/fuzzy_query.hpp"

#include <algorithm>

namespace hearth::store {
namespace {

// Rows that are read from the index at once.
constexpr std::size_t uids_at_once = 8192;
constexpr std::size_t hits_at_once = 2000;

// 100 for the best, the others in proportion.
std::vector<FuzzyMatch> scored(const std::vector<FullTextIndex::Hit>& hits) {
    std::int64_t best = 1;
    for (const auto& hit : hits)
        best = std::max(best, hit.score);
    std::vector<FuzzyMatch> matches;
    matches.reserve(hits.size());
    for (const auto& hit : hits) {
        const auto share =
            100.0 * static_cast<double>(std::max<std::int64_t>(hit.score, 0)) / static_cast<double>(best);
        matches.push_back({hit.uid, std::clamp(static_cast<int>(share + 0.5), 1, 100)});
    }
    return matches;
}

} // namespace

Result<std::optional<std::vector<FuzzyMatch>>> FuzzySearch::run(
    FullTextIndex& index, const Subject& subject, FuzzyField field, std::string_view words) {
    using Found = std::optional<std::vector<FuzzyMatch>>;
    auto query = fuzzy_query(field, words);
    if (!query) return Found();
    if (generation_ != index.generation() || view_ != subject.view || query_ != *query) {
        generation_ = index.generation();
        view_ = subject.view;
        query_ = std::move(*query);
        phase_ = cleaned_ ? Phase::look : Phase::clean;
    }
    const auto slice = Slice::from_now();
    auto step = bring_into_step(index, subject, slice);
    if (step && *step == Progress::finished) step = collect(index, slice);
    if (!step) return step.error();
    if (*step == Progress::unfinished) return Error::unfinished;
    query_.clear(); // the next search looks anew
    return Found(scored(std::exchange(hits_, {})));
}

Result<Progress> FuzzySearch::bring_into_step(FullTextIndex& index, const Subject& subject, const Slice& slice) {
    if (phase_ == Phase::clean && !cleaned_) {
        const auto all = subject.all_mailboxes();
        if (!all) return all.error();
        if (auto done = index.forget_all_but(*all); !done) return done.error();
        cleaned_ = true;
    }
    if (phase_ == Phase::clean) {
        const auto swept = index.sweep(slice);
        if (!swept) return swept.error();
        if (*swept == Progress::unfinished) return swept;
        phase_ = Phase::look;
    }
    if (phase_ == Phase::look) {
        const auto known = index.mailbox(subject.mailbox_id, subject.uidvalidity);
        if (!known) return known.error();
        mailbox_ = known->mailbox;
        compared_ = 0;
        row_ = 0;
        gone_.clear();
        missing_.clear();
        gone_done_ = missing_done_ = 0;
        // Usually what is new has higher UIDs than all that is in.
        const auto fresh = rows_from(subject.rows, known->last_uid + 1) - subject.rows.begin();
        phase_ = Phase::compare;
        if (known->last_uid != UINT32_MAX && fresh == known->entries) {
            row_ = static_cast<std::size_t>(fresh);
            compared_ = known->last_uid;
        }
    }
    if (phase_ == Phase::compare)
        if (const auto step = compare(index, subject, slice); !step || *step == Progress::unfinished) return step;
    if (phase_ == Phase::change)
        if (const auto step = change(index, subject, slice); !step || *step == Progress::unfinished) return step;
    return Progress::finished;
}

// Messages that this view hasn't heard of yet stay: another session may have put them in.
Result<Progress> FuzzySearch::compare(FullTextIndex& index, const Subject& subject, const Slice& slice) {
    for (;;) {
        const auto known = index.uids(mailbox_, compared_, uids_at_once);
        if (!known) return known.error();
        for (const auto uid : *known) {
            for (; row_ < subject.rows.size() && subject.rows[row_].uid < uid; ++row_)
                missing_.push_back(subject.rows[row_].uid);
            if (row_ < subject.rows.size() && subject.rows[row_].uid == uid)
                ++row_;
            else if (uid < subject.uidnext)
                gone_.push_back(uid);
        }
        if (!known->empty()) compared_ = known->back();
        if (known->size() < uids_at_once) break;
        if (slice.is_over()) return Progress::unfinished;
    }
    for (; row_ < subject.rows.size(); ++row_)
        missing_.push_back(subject.rows[row_].uid);
    phase_ = Phase::change;
    return Progress::finished;
}

Result<Progress> FuzzySearch::change(FullTextIndex& index, const Subject& subject, const Slice& slice) {
    while (gone_done_ < gone_.size()) {
        const auto done = index.remove(mailbox_, std::span(gone_).subspan(gone_done_), slice);
        if (!done) return done.error();
        gone_done_ += *done;
        if (slice.is_over()) return Progress::unfinished;
    }
    while (missing_done_ < missing_.size()) {
        const auto done = index.add(mailbox_, std::span(missing_).subspan(missing_done_), slice, subject.read);
        if (!done && done.error() == make_error_code(Error::no_such_mailbox)) {
            phase_ = Phase::look;
            return Progress::unfinished;
        }
        if (!done) return done.error();
        missing_done_ += *done;
        if (slice.is_over()) return Progress::unfinished;
    }
    hits_.clear();
    phase_ = Phase::collect;
    return Progress::finished;
}

Result<Progress> FuzzySearch::collect(FullTextIndex& index, const Slice& slice) {
    for (;;) {
        const auto after = hits_.empty() ? 0 : hits_.back().uid;
        const auto some = index.find(mailbox_, query_, after, hits_at_once);
        if (!some) return some.error();
        hits_.insert(hits_.end(), some->begin(), some->end());
        if (some->size() < hits_at_once) return Progress::finished;
        if (slice.is_over()) return Progress::unfinished;
    }
}

} // namespace hearth::store
