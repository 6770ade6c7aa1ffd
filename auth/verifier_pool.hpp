// SPDX-License-Identifier: Apache-2.0
// The threads that compute password hashes and ask the system's user database. Hearth's only threads: 1 ms to 100 ms
// of work each must not hold up the event loop, on which everything else of auth runs.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hearth::auth {

/// Must be destroyed before the io_context that its coroutines run on.
class VerifierPool {
public:
    /// As many jobs may wait as are done in this time, about what a client waits: by what the last ones took.
    static constexpr std::chrono::seconds wait_max{6};
    /// But so many at least, however long they take, and so many at most: a burst of cheap ones is no overload.
    static constexpr std::size_t queued_min = 128, queued_max = 1024;
    /// `mean`: what a job takes; 0: not known yet. PURE.
    static std::size_t queue_limit(std::size_t threads, Clock::duration mean);

    explicit VerifierPool(std::size_t threads, std::size_t most_queued = queued_max);
    /// Drops what waits, and waits for what runs.
    ~VerifierPool();
    VerifierPool(const VerifierPool&) = delete;
    VerifierPool& operator=(const VerifierPool&) = delete;

    /// Runs `work` on a thread and comes back to the caller's executor when it is done; false, at once, when too much
    /// waits already. `work` must own what it touches, and must not throw.
    boost::asio::awaitable<bool> run(std::function<void()> work);

    /// One per processor that this process may use.
    static std::size_t default_threads();

private:
    bool submit(std::function<void()> job);
    void serve();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    const std::size_t thread_count_, most_queued_;
    Clock::duration mean_{}; // of what jobs take, the last ones counting most
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

} // namespace hearth::auth
