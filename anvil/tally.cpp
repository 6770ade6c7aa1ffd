// SPDX-License-Identifier: Apache-2.0
#include "tally.hpp"

#include <algorithm>
#include <numeric>

namespace hearth::anvil {

void Tally::add(const Tally& other) {
    hits += other.hits;
    for (std::size_t why = 0; why < misses.size(); ++why)
        misses[why] += other.misses[why];
    waited += other.waited;
    refused_user += other.refused_user;
    refused_queue += other.refused_queue;
    longest_wait = std::max(longest_wait, other.longest_wait);
}

std::uint64_t Tally::all_misses() const {
    return std::accumulate(misses.begin(), misses.end(), std::uint64_t{0});
}

double Tally::hit_ratio() const {
    const auto all = hits + all_misses();
    return all == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(all);
}

} // namespace hearth::anvil
