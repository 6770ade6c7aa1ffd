// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"

namespace hearth::store {

/// How long one call of the store may work before it says Error::unfinished: an offer to the worker is answered within
/// 20 ms.
class Slice {
public:
    static constexpr std::chrono::milliseconds length{8};

    /// From now on.
    static Slice from_now() { return Slice(Clock::now() + length); }
    /// As long as it takes.
    static Slice unlimited() { return Slice(Time::max()); }
    [[nodiscard]] bool is_over() const { return end_ != Time::max() && Clock::now() >= end_; }

private:
    explicit Slice(Time end) : end_(end) {}
    Time end_;
};

/// Whether that was all.
enum class Progress { unfinished, finished };

} // namespace hearth::store
