// SPDX-License-Identifier: Apache-2.0
// What became of a service's lookups, since the start and lately. PURE.
#pragma once

#include "base/clock.hpp"
#include "protocol/anvil.hpp"

#include <array>
#include <cstdint>

namespace hearth::anvil {

struct Tally {
    std::uint64_t hits = 0; ///< sessions that a worker took which was there already
    std::array<std::uint64_t, protocol::anvil::cold_count> misses{}; ///< slots for new workers, by Cold
    std::uint64_t waited = 0;        ///< ends of a wait in the queue, whatever the end
    std::uint64_t refused_user = 0;  ///< mail_max_userip_connections
    std::uint64_t refused_queue = 0; ///< queue full, or waited too long
    Clock::duration longest_wait{};  ///< of those that ended

    void add(const Tally& other);
    [[nodiscard]] std::uint64_t all_misses() const;
    /// Of the sessions that found a place: those that were hits. 0 without any.
    [[nodiscard]] double hit_ratio() const;
};

/// The latest `slots` spans of `width`, the one that has just begun included. Fixed in size.
template <std::size_t slots> class TallyRing {
public:
    explicit TallyRing(Clock::duration width) : width_(width) {}
    Tally& at(Time now) {
        const auto span = now.time_since_epoch() / width_;
        auto& slot = ring_[static_cast<std::size_t>(span) % slots];
        if (slot.span != span) slot = {span, {}};
        return slot.tally;
    }
    [[nodiscard]] Tally sum(Time now) const {
        const auto last = now.time_since_epoch() / width_;
        Tally sum;
        for (const auto& slot : ring_)
            if (slot.span >= 0 && slot.span <= last && last - slot.span < static_cast<Span>(slots)) sum.add(slot.tally);
        return sum;
    }

private:
    using Span = Clock::duration::rep;
    struct Slot {
        Span span = -1;
        Tally tally;
    };
    Clock::duration width_;
    std::array<Slot, slots> ring_;
};

/// Since the start, in the last minute, in the last hour. About 20 kB.
class Tallies {
public:
    template <class Change> void note(Time now, Change change) {
        change(total_);
        change(minute_.at(now));
        change(hour_.at(now));
    }
    [[nodiscard]] const Tally& total() const { return total_; }
    [[nodiscard]] Tally minute(Time now) const { return minute_.sum(now); }
    [[nodiscard]] Tally hour(Time now) const { return hour_.sum(now); }

private:
    Tally total_;
    TallyRing<60> minute_{std::chrono::seconds(1)};
    TallyRing<60> hour_{std::chrono::minutes(1)};
};

} // namespace hearth::anvil
