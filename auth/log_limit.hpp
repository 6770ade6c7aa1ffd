// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>

namespace hearth::auth {

/// Keeps whoever can make auth complain from filling the disk: a bounded number of lines a second, the others are
/// counted. Pure.
class LogLimit {
public:
    static constexpr int lines_per_second = 10;

    /// May a line be written now? If so: how many were left out before it.
    std::optional<std::uint64_t> take(Time now) {
        if (now - second_ >= std::chrono::seconds(1)) {
            second_ = now;
            lines_ = 0;
        }
        if (lines_ >= lines_per_second) {
            ++left_out_;
            return std::nullopt;
        }
        ++lines_;
        const auto before = left_out_;
        left_out_ = 0;
        return before;
    }

private:
    Time second_{};
    int lines_ = 0;
    std::uint64_t left_out_ = 0;
};

} // namespace hearth::auth
