// SPDX-License-Identifier: Apache-2.0
#include "running.hpp"
#include "verifier_pool.hpp"

#include <atomic>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>
#include <future>
#include <thread>

using namespace hearth::auth;
namespace asio = boost::asio;

namespace {

asio::awaitable<bool> run(VerifierPool& pool, std::function<void()> work) {
    const bool ran = co_await pool.run(std::move(work));
    co_return ran;
}

} // namespace

TEST_CASE("work runs on another thread, and its result is there when the coroutine goes on") {
    asio::io_context io(1);
    VerifierPool pool(2);
    std::thread::id ran_on;
    CHECK(run_until_done(io, run(pool, [&] { ran_on = std::this_thread::get_id(); })));
    CHECK(ran_on != std::thread::id());
    CHECK(ran_on != std::this_thread::get_id());
}

TEST_CASE("a full queue refuses at once, and the jobs in it are done all the same") {
    asio::io_context io(1);
    std::promise<void> release, running;
    const auto released = release.get_future().share();
    VerifierPool pool(1, 2);
    std::atomic<int> done = 0;
    int answered = 0;
    const auto count = [&](std::exception_ptr, bool ran) { answered += ran ? 1 : 0; };
    asio::co_spawn(io,
        run(pool,
            [&] {
                running.set_value();
                released.wait();
                ++done;
            }),
        count);
    io.poll();
    running.get_future().wait(); // the only thread is busy: the queue is empty again
    for (int i = 0; i < 2; ++i)
        asio::co_spawn(io, run(pool, [&] { ++done; }), count);
    io.poll();
    CHECK_FALSE(run_until_done(io, run(pool, [&] { ++done; })));
    release.set_value();
    while (answered < 3) {
        io.restart();
        REQUIRE(io.run_one_for(std::chrono::seconds(10)) > 0);
    }
    CHECK(done == 3);
    CHECK(run_until_done(io, run(pool, [&] { ++done; })));
}

TEST_CASE("as many may wait as are done while a client has patience, by what a job takes") {
    using namespace std::chrono_literals;
    const auto limit = &VerifierPool::queue_limit;
    CHECK(limit(2, 0ms) == VerifierPool::queued_max); // nothing is known yet
    CHECK(limit(2, 10us) == VerifierPool::queued_max);
    CHECK(limit(2, 20ms) == 600);
    CHECK(limit(2, 100ms) == VerifierPool::queued_min);
    CHECK(limit(16, 100ms) == 960);
    CHECK(limit(1, 1min) == VerifierPool::queued_min);
}

TEST_CASE("a burst of cheap checks isn't refused") {
    asio::io_context io(1);
    std::promise<void> release;
    const auto released = release.get_future().share();
    VerifierPool pool(1);
    int answered = 0;
    const auto count = [&](std::exception_ptr, bool ran) { answered += ran ? 1 : 0; };
    for (int i = 0; i < 500; ++i)
        asio::co_spawn(io, run(pool, [released] { released.wait(); }), count);
    io.poll();
    release.set_value();
    while (answered < 500) {
        io.restart();
        REQUIRE(io.run_one_for(std::chrono::seconds(10)) > 0);
    }
}

TEST_CASE("a pool that is destroyed drops what waits and ends") {
    asio::io_context io(1);
    std::promise<void> release, running;
    const auto released = release.get_future().share();
    int refused_or_run = 0;
    std::atomic<int> done = 0;
    std::thread liberator;
    {
        VerifierPool pool(1);
        const auto count = [&](std::exception_ptr, bool) { ++refused_or_run; };
        asio::co_spawn(io,
            run(pool,
                [&] {
                    running.set_value();
                    released.wait();
                    ++done;
                }),
            count);
        asio::co_spawn(io, run(pool, [&] { ++done; }), count);
        io.poll();
        running.get_future().wait();
        liberator = std::thread([&] { release.set_value(); });
    }
    liberator.join();
    io.restart();
    io.poll();
    CHECK(done >= 1);
    CHECK(refused_or_run == done);
}
