// SPDX-License-Identifier: Apache-2.0
#include "throttle.hpp"

#include <algorithm>

namespace hearth::master {
namespace {

constexpr auto one_second = std::chrono::seconds(1);

void count(std::uint32_t& events, Time& began, Time now) {
    if (now - began >= one_second) {
        began = now;
        events = 0;
    }
    ++events;
}

} // namespace

bool Throttle::ended(const End& end, Time now) {
    seen_alive(end.age);
    if (!end.clean || end.before_ready) count(failures_, second_began_, now);
    // A fixed process is started again at once, so even clean ends can make a loop.
    if (!end.per_user && !end.asked && end.age < rapid_age) {
        count(rapid_ends_, rapid_began_, now);
        if (rapid_ends_ > rapid_ends_max) return pause(now);
    }
    if (end.before_ready) {
        ++failed_starts_;
        return !healthy_ || failed_starts_ >= failed_starts_max ? pause(now) : false;
    }
    if (end.clean) {
        healthy_ = true;
        delay_ = delay_first;
        return false;
    }
    return !healthy_ && failures_ > rapid_ends_max ? pause(now) : false;
}

bool Throttle::pause(Time now) {
    if (now < until_) return false; // several of one batch are one failure
    until_ = now + delay_;
    delay_ = std::min(delay_ * 2, std::chrono::seconds(delay_max));
    return true;
}

std::uint32_t Throttle::failures_in_second(Time now) const {
    return now - second_began_ < one_second ? failures_ : 0;
}

void Throttle::forgive() {
    until_ = {};
    delay_ = delay_first;
}

} // namespace hearth::master
