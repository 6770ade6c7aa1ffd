// SPDX-License-Identifier: Apache-2.0
// What hit ratio would another number of workers give? Pure; behind `hearth sizing`.
//
// A user who comes back finds a warm worker of n, the longest idle one being evicted, if fewer than n other users came
// in between: that number is the visit's reuse distance, and the distribution of the distances answers for every n at
// once (Mattson, 1970). Counting them for all users takes memory by the user; counting them for the users whose hash
// lies below a threshold, and dividing by the share of users sampled, is nearly as good (SHARDS: Waldspurger, Park,
// Garthwaite and Ahmad, FAST 2015). Here the sample has a fixed size: when it is full, the user with the largest hash
// leaves, the threshold sinks to that hash, and what was counted so far is scaled down with it. Services with fewer
// users than that are counted exactly.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hearth::anvil {

class ReuseDistances {
public:
    static constexpr std::size_t sampled_max = 8192; ///< users; with all of them the object takes about 0.5 MiB
    static constexpr std::size_t bytes_max = 1 << 20;

    explicit ReuseDistances(std::size_t limit = sampled_max);

    /// A session of this user begins. Any 64 bits that name the user, history_key() for one. O(log sampled), amortised:
    /// once in as many calls the sample is numbered anew.
    void used(std::uint64_t user);
    /// The share of sessions that would have found their user's worker if there had been `workers` of them, in 0..1.
    /// First visits count as misses. 0 before the first session. Older sessions fade: after half a million more they
    /// count half.
    [[nodiscard]] double hit_ratio(std::size_t workers) const;
    /// Users in the sample, the share of all users that are sampled, and all sessions seen.
    [[nodiscard]] std::size_t sampled() const { return last_use_.size(); }
    [[nodiscard]] double rate() const;
    [[nodiscard]] std::uint64_t sessions() const { return sessions_; }
    /// Users there are by the sample's account.
    [[nodiscard]] double users() const { return static_cast<double>(last_use_.size()) / rate(); }
    /// Heap and object, at the size they have now.
    [[nodiscard]] std::size_t bytes() const;

    /// Aborts if the sample contradicts itself. O(sampled log sampled).
    void verify_invariants() const;

private:
    static constexpr std::size_t steps_per_octave = 32;
    static constexpr std::size_t buckets = 24 * steps_per_octave; // distances to 2^24; longer ones are misses anyway
    static std::size_t bucket_of(double distance);
    static double begin_of(std::size_t bucket);

    void count(double distance);
    void scale(double factor);
    void mark(std::uint32_t place, std::int32_t change);
    [[nodiscard]] std::uint32_t marked_to(std::uint32_t place) const;
    void renumber();
    void shrink();

    std::size_t limit_;
    std::uint64_t threshold_ = UINT64_MAX; ///< hashes up to this are sampled
    std::uint64_t sessions_ = 0;
    boost::unordered_flat_map<std::uint64_t, std::uint32_t> last_use_; // place in the sequence of sampled sessions
    std::vector<std::uint64_t> by_hash_;                               // heap, largest hash first
    std::vector<std::uint32_t> marks_; // Fenwick tree over the places: one mark for each user's last use
    std::uint32_t next_place_ = 1;
    std::array<double, buckets> distances_{};
    double counted_ = 0;  ///< sampled sessions, first visits included, as far as they haven't faded or been scaled down
    double expected_ = 0; ///< all sessions times the rate, likewise: what counted_ would be if the sample were average
};

} // namespace hearth::anvil
