// SPDX-License-Identifier: Apache-2.0
#include "expectation.hpp"
#include "base/ensure.hpp"

#include <algorithm>
#include <cmath>

namespace hearth::anvil {

namespace {

constexpr double spans_per_octave = 2;
constexpr double belief = 150;  ///< gaps that the first belief is worth
constexpr double memory = 4096; ///< gaps; all counts are halved when there are more
constexpr double grace = 1.15;  ///< of the longest gap: later than that a regular user is overdue
constexpr double rekey_share = 1.0 / 16;
constexpr Seconds rekey_min{0.5};
constexpr Seconds price_min{0.001};
constexpr Seconds price_max{1e8}; ///< three years: so that no time overflows

// Of gaps that are spread evenly on the logarithmic scale. Evenly on the linear one, a worker's price would fall to the
// end of each span and jump at the next one's begin, and where nothing is known it has to grow with the idle time.
double mean_between(double begin, double end) {
    return (end - begin) / std::log((1 + end) / (1 + begin)) - 1;
}

// Where the spans begin; the last one has an end, too.
const auto begins = [] {
    std::array<double, 41> made{};
    for (std::size_t i = 0; i < made.size(); ++i)
        made[i] = std::exp2(static_cast<double>(i) / spans_per_octave) - 1;
    return made;
}();

double begin_of(std::size_t span) {
    return begins[span];
}

Time after(Time now, Seconds span) {
    return now + std::chrono::duration_cast<Time::duration>(std::min(span, price_max));
}

} // namespace

std::size_t Expectation::span_of(double gap) {
    const auto span = static_cast<std::size_t>(spans_per_octave * std::log2(1 + std::max(gap, 0.0)));
    return std::min(span, spans - 1);
}

Expectation::Expectation() {
    for (std::size_t i = 0; i < spans; ++i) {
        all_[i].count = belief / spans;
        all_[i].sum = all_[i].count * mean_between(begin_of(i), begin_of(i + 1));
        total_ += all_[i].count;
    }
}

void Expectation::returned(const Histories::Return& back) {
    if (back.before.is_regular()) return;
    auto& span = all_[span_of(back.gap.count())];
    span.count += 1;
    span.sum += back.gap.count();
    total_ += 1;
    if (total_ <= memory) return;
    total_ /= 2;
    for (auto& each : all_) {
        each.count /= 2;
        each.sum /= 2;
    }
}

bool Expectation::is_predictable(const Gaps& gaps, Seconds idle) {
    return gaps.is_regular() && gaps.longest() * grace > idle;
}

// What may be left of a gap: weights and weighted sums, by the span of idle time in which it ends.
Expectation::Spans Expectation::residuals(double idle) const {
    auto left = all_;
    const auto first = span_of(idle);
    for (auto i = first; i < spans; ++i)
        left[i].sum -= idle * left[i].count;
    // Of the span that has begun only the rest.
    const auto end = std::max(begin_of(first + 1), idle + 1e-3);
    left[first].count *= std::min(1.0, spans_per_octave * std::log2((1 + end) / (1 + idle)));
    left[first].sum = left[first].count * (std::clamp(mean_between(idle, end), idle, end) - idle);
    return left;
}

Expectation::Spans Expectation::residuals(const Gaps& gaps, double idle) {
    Spans left{};
    const auto first = span_of(idle);
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        const auto gap = gaps.recent(i).count();
        if (gap <= idle) continue;
        auto& span = left[std::max(first, span_of(gap))];
        span.count += 1;
        span.sum += gap - idle;
    }
    const auto late = gaps.longest().count() * grace;
    if (gaps.longest().count() <= idle) left[std::max(first, span_of(late))] = {1, std::max(late - idle, 0.0)};
    return left;
}

// The cheapest return that can be had, over all spans at whose end one could give up.
Seconds Expectation::cheapest(const Spans& left, double idle) {
    const auto first = span_of(idle);
    double all = 0;
    for (auto i = first; i < spans; ++i)
        all += left[i].count;
    double best = price_max.count(), returned = 0, waited = 0;
    for (auto i = first; i < spans; ++i) {
        returned += left[i].count;
        waited += left[i].sum;
        if (returned <= 0) continue;
        const auto wasted = std::max(all - returned, 0.0) * std::max(begin_of(i + 1) - idle, 0.0);
        best = std::min(best, (waited + wasted) / returned);
    }
    return std::max(Seconds(best), price_min);
}

Seconds Expectation::price(const Gaps& gaps, Seconds idle_time) const {
    const auto idle = std::max(idle_time.count(), 0.0);
    if (is_predictable(gaps, Seconds(idle))) return cheapest(residuals(gaps, idle), idle);
    // Of long gaps few are known, and the cheapest of few is too cheap. Who is away for longer isn't nearer, so what
    // was dear at a shorter idle time is no cheaper at this one.
    auto price = cheapest(residuals(idle), idle);
    for (std::size_t i = 0; begin_of(i) < idle && i < spans; ++i)
        price = std::max(price, cheapest(residuals(begin_of(i)), begin_of(i)));
    return price;
}

void ReturnOrder::place(Entry& entry, Time now) {
    const auto idle = std::chrono::duration_cast<Seconds>(now - entry.key.since);
    entry.predictable = Expectation::is_predictable(entry.gaps, idle);
    if (!entry.predictable) {
        entry.key.expected = {}; // they stand in the order of idle time
        by_idle_time_.insert(entry.key);
        return;
    }
    entry.key.expected = after(now, expectation_.price(entry.gaps, idle));
    entry.due = after(now, std::max(rekey_min, idle * rekey_share));
    by_return_.insert(entry.key);
    due_.emplace(entry.due, entry.key.worker);
}

void ReturnOrder::insert(Index worker, const Gaps& gaps, Time now) {
    const auto [at, added] = entries_.try_emplace(worker);
    ensure(added, "a worker went idle twice");
    at->second.key.since = now;
    at->second.key.worker = worker;
    at->second.gaps = gaps;
    place(at->second, now);
}

void ReturnOrder::erase(Index worker) {
    const auto at = entries_.find(worker);
    if (at == entries_.end()) return;
    const auto& entry = at->second;
    if (entry.predictable) {
        by_return_.erase(entry.key);
        due_.erase({entry.due, worker});
    } else {
        by_idle_time_.erase(entry.key);
    }
    entries_.erase(at);
}

void ReturnOrder::rekey_due(Time now) {
    for (std::size_t done = 0; done < rekeyed_max && !due_.empty() && due_.begin()->first <= now; ++done) {
        auto& entry = entries_.at(due_.begin()->second);
        due_.erase(due_.begin());
        by_return_.erase(entry.key);
        place(entry, now);
    }
}

Time ReturnOrder::expected(const Key& unpredictable, Time now) const {
    const auto idle = std::chrono::duration_cast<Seconds>(now - unpredictable.since);
    return after(now, expectation_.price(Gaps{}, idle));
}

Time ReturnOrder::expected(Index worker, Time now) const {
    const auto& entry = entries_.at(worker);
    return entry.predictable ? entry.key.expected : expected(entry.key, now);
}

std::vector<Index> ReturnOrder::expected_last(
    std::size_t count, Time now, const Accept& accept, std::size_t walked_max) {
    rekey_due(now);
    std::vector<Index> result;
    auto predictable = by_return_.begin();
    auto other = by_idle_time_.begin();
    const auto other_expected = [&] { return other == by_idle_time_.end() ? Time::min() : expected(*other, now); };
    auto until = other_expected(); // dear to compute, so once for each
    for (std::size_t walked = 0; walked < walked_max && result.size() < count; ++walked) {
        const bool predictable_left = predictable != by_return_.end(), other_left = other != by_idle_time_.end();
        if (!predictable_left && !other_left) break;
        const bool take_other = other_left && (!predictable_left || until >= predictable->expected);
        const auto worker = (take_other ? other : predictable)->worker;
        if (accept(worker)) result.push_back(worker);
        ++(take_other ? other : predictable);
        if (take_other) until = other_expected();
    }
    return result;
}

void ReturnOrder::verify_invariants() const {
    ensure(by_return_.size() + by_idle_time_.size() == entries_.size(), "an idle worker stands in no order, or in two");
    ensure(due_.size() == by_return_.size(), "an expectation is never looked at again");
    for (const auto& [worker, entry] : entries_) {
        ensure(entry.key.worker == worker, "an idle worker has another's expectation");
        const auto& order = entry.predictable ? by_return_ : by_idle_time_;
        ensure(order.contains(entry.key), "an expectation and the order differ");
        ensure(!entry.predictable || due_.contains({entry.due, worker}), "an expectation's date and the dates differ");
    }
}

} // namespace hearth::anvil
