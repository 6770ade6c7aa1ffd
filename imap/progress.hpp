// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.hpp"

#include "base/clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>

namespace hearth::imap {

/// Tells the client that a long command is still at work (RFC 9585): "* OK [INPROGRESS ("tag" 3 10)]". Called where an
/// untagged response may stand.
class Progress {
public:
    /// RFC 9585 section 4: not before the command has run for some seconds, and not often.
    static constexpr std::chrono::seconds interval{10};

    /// `total`: how many steps there are; `context` outlives it.
    Progress(Context& context, std::size_t total, std::chrono::milliseconds every = interval)
        : context_(context), total_(total), every_(every), told_at_(Clock::now()) {}

    /// Step `done` of `total` is over. Cheap while there is nothing to tell.
    asio::awaitable<void> tell(std::size_t done);
    [[nodiscard]] bool is_due() const { return Clock::now() - told_at_ >= every_; }

private:
    Context& context_;
    std::size_t total_;
    std::chrono::milliseconds every_;
    Time told_at_;
};

} // namespace hearth::imap
