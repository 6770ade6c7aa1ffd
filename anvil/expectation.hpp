// SPDX-License-Identifier: Apache-2.0
// Whose idle worker goes when room is needed: the one whose user is expected back last. Pure.
//
// A worker's *price* is the number of seconds it must be kept for each return it will see, if we give up at the best
// moment: the smallest, over all moments T, of E[min(residual, T)] / P(residual <= T), where the residual is the time
// that is left of the gap, given how long the worker is idle already (a Gittins index). For a user who comes every five
// minutes and was idle 4:59 it is a second; for one whose residual is exponential it is the mean; for one in a burst of
// clicks it is the time to the next click, however long the silence after the burst will be. One scale for all of them.
//
// A user is *predictable* who comes regularly and isn't overdue (this gap is no longer than the longest of the record
// and 15 %): the residual's distribution is that of the user's own gaps. All others are ranked by what is true of them
// as a whole: their price is one function of the idle time that never falls, so among them the longest idle goes first,
// exactly as without any prediction, and the price only tells whether it is that one or the predictable user expected
// last. Their own gaps were tried: 24 of them are one burst of clicks, and the noise cost more than there was to know
// (docs/capacity.md).
#pragma once

#include "base/clock.hpp"
#include "history.hpp"

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <set>
#include <vector>

namespace hearth::anvil {

/// The gaps nobody could have predicted, of one service, in half-octaves, fading: after some 2,000 more an old one
/// counts half. Starts from a weak belief that all scales of time are alike. 650 bytes.
class Expectation {
public:
    Expectation();
    /// A user came back; O(1).
    void returned(const Histories::Return& back);
    /// Seconds a worker must be kept for each return of its user, when it has been idle for `idle`. Constant work: 24
    /// gaps for a predictable user, 40 spans squared (some microseconds) for another.
    [[nodiscard]] Seconds price(const Gaps& gaps, Seconds idle) const;
    /// Does the user's own record say when the user comes back, after so long?
    static bool is_predictable(const Gaps& gaps, Seconds idle);

private:
    static constexpr std::size_t spans = 40; ///< of half an octave: 12 days
    struct Span {
        double count = 0, sum = 0; // of gaps that ended in it, and of their lengths
    };
    using Spans = std::array<Span, spans>;
    static std::size_t span_of(double gap);
    static Spans residuals(const Gaps& gaps, double idle);
    [[nodiscard]] Spans residuals(double idle) const;
    static Seconds cheapest(const Spans& left, double idle);

    Spans all_{};
    double total_ = 0;
};

constexpr std::size_t rekeyed_max = 1024; ///< workers looked at again for one question; more wait for the next one

/// The idle workers of one service in the order in which their users are expected back. Of several idle workers of one
/// user each is ranked as if it were the only one.
///
/// Two orders. A predictable user's worker has a key, the absolute time now + price, computed when it goes idle and
/// again, lazily, when somebody asks and the idle time has grown by 6 % (at least half a second) since: at most 12
/// times for each doubling of the idle time, not at all while nobody asks, and at most rekeyed_max workers for one
/// question (the others wait for the next one, with the key they have). In between the key stays right as the clock
/// runs, for the price sinks by a second each second. Who is found overdue then goes over to the second order, that of
/// the idle time, where all others stand and no key is needed: who is first in it is compared, at its price now, with
/// who is first in the other. insert and erase are O(log n); a question is O(log n) for each worker named, passed over
/// or looked at again.
///
/// Equal times: the longest idle goes first, then the smaller index, so that the answer depends on nothing but the
/// calls.
class ReturnOrder {
public:
    /// `expectation` outlives this.
    explicit ReturnOrder(const Expectation& expectation) : expectation_(expectation) {}

    /// The worker went idle; not among the idle ones yet. `gaps` is copied: none are added while its user is away.
    void insert(Index worker, const Gaps& gaps, Time now);
    /// The worker is idle no more; nothing if it wasn't.
    void erase(Index worker);
    [[nodiscard]] bool contains(Index worker) const { return entries_.contains(worker); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

    /// At most `count` workers, expected back last first, of those that `accept` takes; at most `walked_max` are asked.
    using Accept = std::function<bool(Index)>;
    std::vector<Index> expected_last(std::size_t count, Time now, const Accept& accept, std::size_t walked_max);
    /// When the worker's user is expected, as the order has it; the worker is idle.
    [[nodiscard]] Time expected(Index worker, Time now) const;

    /// Aborts if the orders and the entries contradict one another. O(n log n).
    void verify_invariants() const;

private:
    struct Key {
        Time expected, since;
        Index worker = none;
        // First is who goes first: expected last, then idle for longest.
        bool operator<(const Key& other) const {
            if (expected != other.expected) return expected > other.expected;
            return since != other.since ? since < other.since : worker < other.worker;
        }
    };
    struct Entry {
        Key key;
        Time due; ///< when the key is computed again
        Gaps gaps;
        bool predictable = false; ///< which order it stands in
    };
    void place(Entry& entry, Time now);
    void rekey_due(Time now);
    [[nodiscard]] Time expected(const Key& unpredictable, Time now) const;

    const Expectation& expectation_;
    boost::unordered_flat_map<Index, Entry> entries_;
    std::set<Key> by_return_;    // the predictable ones
    std::set<Key> by_idle_time_; // the others; equal expected times in their keys
    std::set<std::pair<Time, Index>> due_;
};

} // namespace hearth::anvil
