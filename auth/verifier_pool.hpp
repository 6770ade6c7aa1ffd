// SPDX-License-Identifier: Apache-2.0
// The threads that compute password hashes and ask the system's user database. Hearth's only threads: 1 ms to 100 ms
// of work each must not hold up the event loop, on which everything else of auth runs.
#pragma once

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
    /// How many jobs may wait: at 100 ms each two threads need 6 s for them, about what a client waits.
    static constexpr std::size_t queued_max = 128;

    explicit VerifierPool(std::size_t threads, std::size_t queue_limit = queued_max);
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
    std::size_t queue_limit_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

} // namespace hearth::auth
