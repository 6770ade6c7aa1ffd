// SPDX-License-Identifier: Apache-2.0
#include "leases.hpp"
#include "base/ensure.hpp"

namespace hearth::anvil {

Index Leases::find(StreamId stream, std::uint32_t id) const {
    const auto found = by_id_.find(key(stream, id));
    return found == by_id_.end() ? none : found->second;
}

Index Leases::add(Lease lease) {
    const auto index = items_.add(lease);
    const bool added = by_id_.emplace(key(lease.stream, lease.id), index).second;
    ensure(added, "a lookup is there twice");
    auto& stream = by_stream_[lease.stream];
    push_front<&Lease::of_stream>(items_, stream.leases, index);
    ++stream.count;
    deadlines_.emplace(lease.deadline, index);
    return index;
}

void Leases::remove(Index lease) {
    const auto& self = items_[lease];
    deadlines_.erase({self.deadline, lease});
    by_id_.erase(key(self.stream, self.id));
    const auto stream = by_stream_.find(self.stream);
    ensure(stream != by_stream_.end(), "a lookup has no stream");
    unlink<&Lease::of_stream>(items_, stream->second.leases, lease);
    if (--stream->second.count == 0) by_stream_.erase(stream);
    items_.remove(lease);
}

void Leases::set_deadline(Index lease, Time deadline) {
    auto& self = items_[lease];
    deadlines_.erase({self.deadline, lease});
    self.deadline = deadline;
    deadlines_.emplace(deadline, lease);
}

Index Leases::any_of(StreamId stream) const {
    const auto found = by_stream_.find(stream);
    return found == by_stream_.end() ? none : found->second.leases.first;
}

std::size_t Leases::count_of(StreamId stream) const {
    const auto found = by_stream_.find(stream);
    return found == by_stream_.end() ? 0 : found->second.count;
}

} // namespace hearth::anvil
