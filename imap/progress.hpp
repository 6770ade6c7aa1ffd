// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace hearth::imap {

/// What a client is told of a command that is long at work (RFC 9585): "* OK [INPROGRESS ("tag" 3 10)]". Every long
/// command goes through Context::breathe(), which tells it; a command that knows how far it is says step(). PURE.
class Progress {
public:
    /// RFC 9585 section 4: not before the command has run for some seconds, and not often.
    static constexpr std::chrono::seconds interval{10};

    explicit Progress(std::chrono::milliseconds every = interval) : every_(every) {}

    /// A command begins. Before that, and after end(), there is nothing to tell.
    void begin(Time now);
    void end() { running_ = false; }
    /// `done` of `total` steps are over.
    void step(std::uint64_t done, std::uint64_t total);
    [[nodiscard]] bool is_due(Time now) const { return running_ && now - told_at_ >= every_; }
    /// The response; where it stands, another may stand.
    void append(std::string& out, std::string_view tag, Time now);

private:
    std::chrono::milliseconds every_;
    bool running_ = false;
    Time told_at_{};
    std::uint64_t done_ = 0, total_ = 0; // total 0: not known
};

} // namespace hearth::imap
