// SPDX-License-Identifier: Apache-2.0
#include "expectation.hpp"
#include "base/ensure.hpp"

#include <algorithm>
#include <cmath>

namespace hearth::anvil {

namespace {

constexpr double spans_per_octave = 2;
constexpr double belief = 40;           ///< gaps that the first belief is worth
constexpr double memory = 1024;         ///< gaps; all counts are halved when there are more
constexpr double population_weight = 1; ///< gaps that the population is worth beside a regular user's own
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

// What may be left of the gap: weights and weighted sums, by the span of idle time in which it ends.
Expectation::Spans Expectation::residuals(const Gaps& gaps, double idle) const {
    Spans left{};
    const auto scale = population_weight / total_;
    const auto first = span_of(idle);
    for (auto i = first; i < spans; ++i)
        left[i] = {all_[i].count * scale, (all_[i].sum - idle * all_[i].count) * scale};
    // Of the span that has begun only the rest.
    const auto end = std::max(begin_of(first + 1), idle + 1e-3);
    left[first].count *= std::min(1.0, spans_per_octave * std::log2((1 + end) / (1 + idle)));
    left[first].sum = left[first].count * (std::clamp(mean_between(idle, end), idle, end) - idle);
    if (!gaps.is_regular()) return left;
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        const auto gap = gaps.recent(i).count();
        if (gap <= idle) continue;
        auto& span = left[std::max(first, span_of(gap))];
        span.count += 1;
        span.sum += gap - idle;
    }
    return left;
}

Seconds Expectation::price(const Gaps& gaps, Seconds idle_time) const {
    const auto idle = std::max(idle_time.count(), 0.0);
    const auto left = residuals(gaps, idle);
    double all = 0;
    for (const auto& span : left)
        all += span.count;
    double best = price_max.count(), returned = 0, waited = 0;
    for (auto i = span_of(idle); i < spans; ++i) { // give up at the end of this span?
        returned += left[i].count;
        waited += left[i].sum;
        if (returned <= 0) continue;
        const auto wasted = std::max(all - returned, 0.0) * std::max(begin_of(i + 1) - idle, 0.0);
        best = std::min(best, (waited + wasted) / returned);
    }
    return std::max(Seconds(best), price_min);
}

void ReturnOrder::place(Entry& entry, Time now) {
    const auto idle = std::chrono::duration_cast<Seconds>(now - entry.key.since);
    entry.key.expected = after(now, expectation_.price(entry.gaps, idle));
    entry.due = after(now, std::max(rekey_min, idle * rekey_share));
    order_.insert(entry.key);
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
    order_.erase(at->second.key);
    due_.erase({at->second.due, worker});
    entries_.erase(at);
}

void ReturnOrder::rekey_due(Time now) {
    for (std::size_t done = 0; done < rekeyed_max && !due_.empty() && due_.begin()->first <= now; ++done) {
        auto& entry = entries_.at(due_.begin()->second);
        due_.erase(due_.begin());
        order_.erase(entry.key);
        place(entry, now);
    }
}

std::vector<Index> ReturnOrder::expected_last(
    std::size_t count, Time now, const Accept& accept, std::size_t walked_max) {
    rekey_due(now);
    std::vector<Index> result;
    std::size_t walked = 0;
    for (const auto& key : order_) {
        if (result.size() == count || walked++ == walked_max) break;
        if (accept(key.worker)) result.push_back(key.worker);
    }
    return result;
}

void ReturnOrder::verify_invariants() const {
    ensure(order_.size() == entries_.size(), "an idle worker is not in the order of returns");
    ensure(due_.size() == entries_.size(), "an idle worker's expectation is never looked at again");
    for (const auto& [worker, entry] : entries_) {
        ensure(entry.key.worker == worker, "an idle worker has another's expectation");
        ensure(order_.contains(entry.key), "an expectation and the order differ");
        ensure(due_.contains({entry.due, worker}), "an expectation's date and the dates differ");
    }
}

} // namespace hearth::anvil
