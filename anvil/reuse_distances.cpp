// SPDX-License-Identifier: Apache-2.0
#include "reuse_distances.hpp"
#include "base/ensure.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hearth::anvil {

namespace {

constexpr double memory = 1 << 20; ///< sessions; all counts are halved when there are more

// Whatever the caller's 64 bits are, the sample must be drawn evenly (the finaliser of splitmix64, a bijection).
std::uint64_t mixed(std::uint64_t user) {
    user = (user ^ (user >> 30)) * 0xbf58476d1ce4e5b9;
    user = (user ^ (user >> 27)) * 0x94d049bb133111eb;
    return user ^ (user >> 31);
}

// The share of a bucket's distances that are below `reach`: the short buckets hold one whole number each.
double share_below(double reach, double begin, double end) {
    if (end <= reach) return 1;
    return end - begin <= 1 ? (std::ceil(begin) < reach ? 1 : 0) : (reach - begin) / (end - begin);
}

} // namespace

ReuseDistances::ReuseDistances(std::size_t limit)
    : limit_(std::clamp<std::size_t>(limit, 1, sampled_max)), marks_(2 * limit_ + 2, 0) {}

double ReuseDistances::rate() const {
    return (static_cast<double>(threshold_) + 1) / 0x1p64;
}

std::size_t ReuseDistances::bucket_of(double distance) {
    const auto bucket = static_cast<std::size_t>(steps_per_octave * std::log2(1 + distance));
    return std::min(bucket, buckets - 1);
}

double ReuseDistances::begin_of(std::size_t bucket) {
    return std::exp2(static_cast<double>(bucket) / steps_per_octave) - 1;
}

void ReuseDistances::mark(std::uint32_t place, std::int32_t change) {
    for (; place < marks_.size(); place += place & (~place + 1))
        marks_[place] += static_cast<std::uint32_t>(change);
}

std::uint32_t ReuseDistances::marked_to(std::uint32_t place) const {
    std::uint32_t sum = 0;
    for (; place > 0; place &= place - 1)
        sum += marks_[place];
    return sum;
}

void ReuseDistances::count(double distance) {
    distances_[bucket_of(distance)] += 1;
}

void ReuseDistances::scale(double factor) {
    for (auto& count : distances_)
        count *= factor;
    counted_ *= factor;
    expected_ *= factor;
}

void ReuseDistances::used(std::uint64_t user) {
    ++sessions_;
    expected_ += rate();
    const auto hash = mixed(user);
    if (hash > threshold_) return;
    if (expected_ > memory) scale(0.5);
    counted_ += 1;
    if (next_place_ == marks_.size()) renumber();
    const auto place = next_place_++;
    mark(place, 1);
    const auto [known, fresh] = last_use_.try_emplace(hash, place);
    if (fresh) {
        by_hash_.push_back(hash);
        std::push_heap(by_hash_.begin(), by_hash_.end());
        if (by_hash_.size() > limit_) shrink();
        return;
    }
    // Marks after the last use and before this one: that many sampled users were here in between.
    const auto between = marked_to(place - 1) - marked_to(known->second);
    count(between / rate());
    mark(known->second, -1);
    known->second = place;
}

void ReuseDistances::shrink() {
    const auto before = rate();
    std::pop_heap(by_hash_.begin(), by_hash_.end());
    const auto leaves = by_hash_.back();
    by_hash_.pop_back();
    const auto found = last_use_.find(leaves);
    mark(found->second, -1);
    last_use_.erase(found);
    threshold_ = leaves - 1; // leaves > 0: it is the largest of at least two
    scale(rate() / before);
}

// The last uses get the places 1, 2, 3 ... in the order they have.
void ReuseDistances::renumber() {
    std::vector<std::pair<std::uint32_t, std::uint64_t>> order;
    order.reserve(last_use_.size());
    for (const auto& [hash, place] : last_use_)
        order.emplace_back(place, hash);
    std::sort(order.begin(), order.end());
    std::fill(marks_.begin(), marks_.end(), 0);
    next_place_ = 1;
    for (const auto& [place, hash] : order) {
        last_use_[hash] = next_place_;
        mark(next_place_++, 1);
    }
}

double ReuseDistances::hit_ratio(std::size_t workers) const {
    if (expected_ <= 0 || workers == 0) return 0;
    // A sample with too many or too few sessions of busy users is corrected where those have their distances: at the
    // short end (SHARDS-adj in the paper).
    double hits = std::max(0.0, expected_ - counted_);
    const auto reach = static_cast<double>(workers); // distances below this are hits
    for (std::size_t i = 0; i < buckets && begin_of(i) < reach; ++i) {
        hits += distances_[i] * share_below(reach, begin_of(i), begin_of(i + 1));
    }
    hits -= std::max(0.0, counted_ - expected_);
    return std::clamp(hits / expected_, 0.0, 1.0);
}

std::size_t ReuseDistances::bytes() const {
    constexpr std::size_t per_place = sizeof(std::pair<std::uint64_t, std::uint32_t>) + 2; // and the table's own byte
    const auto places = std::max<std::size_t>(std::bit_ceil(last_use_.size() * 8 / 7 + 1), 16);
    return sizeof(*this) + places * per_place + by_hash_.capacity() * sizeof(std::uint64_t) +
           marks_.capacity() * sizeof(std::uint32_t);
}

void ReuseDistances::verify_invariants() const {
    ensure(last_use_.size() <= limit_, "more users are sampled than there is room for");
    ensure(by_hash_.size() == last_use_.size(), "a sampled user has no place in the heap");
    ensure(std::is_heap(by_hash_.begin(), by_hash_.end()), "the heap of sampled users is none");
    ensure(marked_to(next_place_ - 1) == last_use_.size(), "marks and sampled users differ in number");
    for (const auto& [hash, place] : last_use_) {
        ensure(hash <= threshold_, "a user above the threshold is sampled");
        ensure(marked_to(place) - marked_to(place - 1) == 1, "a last use isn't marked");
    }
}

} // namespace hearth::anvil
