// SPDX-License-Identifier: Apache-2.0
#include "verifier_pool.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <memory>
#include <pthread.h>

namespace hearth::auth {
namespace {

namespace asio = boost::asio;

// What a waiting coroutine and its job share. The timer is never due: it is cancelled when the job is done. Touched on
// the coroutine's executor only.
struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : done(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer done;
    bool is_done = false;
};

} // namespace

std::size_t VerifierPool::default_threads() {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 64);
}

std::size_t VerifierPool::queue_limit(std::size_t threads, Clock::duration mean) {
    if (mean <= Clock::duration::zero()) return queued_max;
    const auto done_in_time = static_cast<std::size_t>(wait_max / mean) * threads;
    return std::clamp(done_in_time, queued_min, queued_max);
}

VerifierPool::VerifierPool(std::size_t threads, std::size_t most_queued)
    : thread_count_(threads), most_queued_(most_queued) {
    // Signals are the event loop's business: a thread started here inherits that it gets none.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back(&VerifierPool::serve, this);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

VerifierPool::~VerifierPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        queue_.clear();
    }
    wake_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

asio::awaitable<bool> VerifierPool::run(std::function<void()> work) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto waiter = std::make_shared<Waiter>(executor);
    auto finish = [waiter] {
        waiter->is_done = true;
        waiter->done.cancel();
    };
    std::function<void()> job = [work = std::move(work), executor, finish]() mutable {
        work();
        work = nullptr; // secrets end here, not whenever the event loop comes by
        asio::post(executor, finish);
    };
    if (!submit(std::move(job))) co_return false;
    while (!waiter->is_done)
        co_await waiter->done.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return true;
}

bool VerifierPool::submit(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || queue_.size() >= std::min(most_queued_, queue_limit(thread_count_, mean_))) return false;
        queue_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

void VerifierPool::serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        auto job = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        const auto began = Clock::now();
        job();
        const auto took = Clock::now() - began;
        job = nullptr;
        lock.lock();
        mean_ = mean_ == Clock::duration::zero() ? took : mean_ + (took - mean_) / 8;
    }
}

} // namespace hearth::auth
