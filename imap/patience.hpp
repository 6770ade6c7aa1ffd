// SPDX-License-Identifier: Apache-2.0
// How a command calls the store (store/store.hpp): calls never wait, so somebody must ask again. This is the one loop.
#pragma once

#include "context.hpp"

#include "base/clock.hpp"
#include "base/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <type_traits>

namespace hearth::imap {

/// What to do after a store call that failed. `context` outlives it.
class Patience {
public:
    /// How long others may keep a lock before the client is told INUSE.
    static constexpr std::chrono::seconds wait_max{5};
    /// Between two attempts: a random time, so that those who wait don't meet again.
    static constexpr std::chrono::milliseconds pause_max{20};

    explicit Patience(Context& context) : context_(context) {}

    /// True: call again. False: error() is how it ended.
    asio::awaitable<bool> again(error_code error);
    [[nodiscard]] error_code error() const { return error_; }

private:
    asio::awaitable<void> pause();

    Context& context_;
    error_code error_;
    Time busy_since_{}; // of the first Error::busy in a row
    std::uint32_t busy_count_ = 0;
};

/// What `job()` (a Result<T>) comes to: Error::unfinished and Error::busy are asked again while others get their turn,
/// the latter for `Patience::wait_max`, then it is Error::in_use. Stops asking when the session is over.
/// Name the job, then await: `auto job = [&] { return ...; }; auto got = co_await patiently(context, job);`
template <class Job> asio::awaitable<std::invoke_result_t<Job&>> patiently(Context& context, Job job) {
    Patience patience(context);
    for (;;) {
        auto result = job();
        if (result) co_return result;
        const bool again = co_await patience.again(result.error());
        if (!again) co_return std::invoke_result_t<Job&>(patience.error());
    }
}

} // namespace hearth::imap
