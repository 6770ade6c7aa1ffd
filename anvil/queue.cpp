// SPDX-License-Identifier: Apache-2.0
#include "queue.hpp"
#include "base/ensure.hpp"

namespace hearth::anvil {

void WaitQueue::add(Index user, std::uint32_t load, std::uint64_t arrival, Index lease) {
    auto& place = users_[user];
    if (!place.leases.empty()) order_.erase(turn(user, place));
    place.load = load;
    place.leases.emplace(arrival, lease);
    order_.insert(turn(user, place));
    by_arrival_.emplace(arrival, lease);
    ++size_;
}

void WaitQueue::remove(Index user, std::uint64_t arrival, Index lease) {
    const auto found = users_.find(user);
    ensure(found != users_.end(), "who leaves the queue was never in it");
    auto& place = found->second;
    order_.erase(turn(user, place));
    ensure(place.leases.erase({arrival, lease}) == 1, "a lookup leaves the queue that was never in it");
    by_arrival_.erase({arrival, lease});
    --size_;
    if (place.leases.empty())
        users_.erase(found);
    else
        order_.insert(turn(user, place));
}

void WaitQueue::load_changed(Index user, std::uint32_t load) {
    const auto found = users_.find(user);
    if (found == users_.end() || found->second.load == load) return;
    order_.erase(turn(user, found->second));
    found->second.load = load;
    order_.insert(turn(user, found->second));
}

Index WaitQueue::first() const {
    if (order_.empty()) return none;
    const auto user = std::get<2>(*order_.begin());
    return users_.at(user).leases.begin()->second;
}

Index WaitQueue::last() const {
    if (order_.empty()) return none;
    return users_.at(std::get<2>(*order_.rbegin())).leases.rbegin()->second;
}

bool WaitQueue::waits_below(std::uint32_t load, std::uint32_t count, std::size_t walk) const {
    std::size_t seen = 0;
    for (const auto& [user_load, arrival, user] : order_) {
        if (seen >= count) return true;
        if (user_load >= load) return false;
        if (walk-- == 0) return true;
        seen += users_.at(user).leases.size();
    }
    return seen >= count;
}

std::vector<Index> WaitQueue::of(Index user, std::size_t limit) const {
    std::vector<Index> result;
    const auto found = users_.find(user);
    if (found == users_.end()) return result;
    for (const auto& [arrival, lease] : found->second.leases) {
        if (result.size() == limit) break;
        result.push_back(lease);
    }
    return result;
}

std::size_t WaitQueue::count_of(Index user) const {
    const auto found = users_.find(user);
    return found == users_.end() ? 0 : found->second.leases.size();
}

std::optional<std::uint32_t> WaitQueue::load_of(Index user) const {
    const auto found = users_.find(user);
    if (found == users_.end()) return std::nullopt;
    return found->second.load;
}

} // namespace hearth::anvil
