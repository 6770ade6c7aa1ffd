// SPDX-License-Identifier: Apache-2.0
// When a service that keeps failing may be started again. A process that doesn't get ready is the service's fault: pause.
// One that was ready is not, unless it goes on at a rate that only a loop has; and a worker service that was healthy
// once is never held back by it: else a user who can crash his own worker stops the service for all.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>

namespace hearth::master {

class Throttle {
public:
    static constexpr auto delay_first = std::chrono::seconds(2);
    static constexpr auto delay_max = std::chrono::seconds(60);
    static constexpr auto healthy_age = std::chrono::seconds(10); ///< a process this old proves the service healthy
    static constexpr auto rapid_age = std::chrono::seconds(1);    ///< a fixed service's process that ends sooner...
    static constexpr std::uint32_t rapid_ends_max = 10;           ///< ...so often in a second is a loop
    static constexpr std::uint32_t failed_starts_max = 3; ///< in a row, where the service was healthy before

    /// How a process ended.
    struct End {
        bool clean = false;        ///< exit 0, or the master asked for it
        bool before_ready = false; ///< it never said READY
        bool asked = false;        ///< the master asked for it: a reload, a stop
        bool per_user = false;     ///< of a worker service: the fault may be one user's own
        Clock::duration age{};
    };

    /// Counts an end. True when this one has started a (longer) pause.
    bool ended(const End& end, Time now);
    /// A process said READY.
    void became_ready() { failed_starts_ = 0; }
    /// A process is `age` old and alive.
    void seen_alive(Clock::duration age) { healthy_ = healthy_ || age >= healthy_age; }

    [[nodiscard]] bool allows(Time now) const { return now >= until_; }
    [[nodiscard]] Time until() const { return until_; }
    [[nodiscard]] bool is_healthy() const { return healthy_; }
    /// Failures in the current second.
    [[nodiscard]] std::uint32_t failures_in_second(Time now) const;
    /// A new configuration gets a new chance.
    void forgive();

private:
    bool pause(Time now);

    bool healthy_ = false;
    Time until_{};
    std::chrono::seconds delay_ = delay_first;
    Time second_began_{}, rapid_began_{};
    std::uint32_t failures_ = 0, rapid_ends_ = 0, failed_starts_ = 0;
};

} // namespace hearth::master
