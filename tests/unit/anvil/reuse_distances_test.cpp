// SPDX-License-Identifier: Apache-2.0
#include "reuse_distances.hpp"

#include <cmath>
#include <cstdlib>
#include <doctest/doctest.h>
#include <list>
#include <queue>
#include <random>
#include <unordered_map>

using namespace hearth::anvil;

namespace {

std::uint64_t seed() {
    const char* text = std::getenv("HEARTH_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

// What the sampler estimates, done: `workers` warm workers, the longest idle goes.
double hit_ratio_of(const std::vector<std::uint64_t>& trace, std::size_t workers) {
    std::list<std::uint64_t> order;
    std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> at;
    std::size_t hits = 0;
    for (const auto user : trace) {
        const auto found = at.find(user);
        if (found != at.end()) {
            ++hits;
            order.erase(found->second);
        } else if (at.size() == workers) {
            at.erase(order.back());
            order.pop_back();
        }
        order.push_front(user);
        at[user] = order.begin();
    }
    return static_cast<double>(hits) / static_cast<double>(trace.size());
}

std::vector<std::uint64_t> zipf(std::mt19937_64& random, std::size_t users, double exponent, std::size_t sessions) {
    std::vector<double> weights;
    for (std::size_t i = 1; i <= users; ++i)
        weights.push_back(std::pow(static_cast<double>(i), -exponent));
    std::discrete_distribution<std::uint64_t> pick(weights.begin(), weights.end());
    std::vector<std::uint64_t> trace(sessions);
    for (auto& user : trace)
        user = pick(random);
    return trace;
}

std::vector<std::uint64_t> periodic(std::mt19937_64& random, std::size_t users, std::size_t sessions) {
    constexpr double periods[] = {300, 600, 900, 1800};
    std::normal_distribution<double> jitter(1, 0.05);
    using Next = std::pair<double, std::uint64_t>;
    std::priority_queue<Next, std::vector<Next>, std::greater<>> next;
    for (std::uint64_t user = 0; user < users; ++user)
        next.emplace(1800.0 * double(random() % 1000) / 1000, user);
    std::vector<std::uint64_t> trace;
    while (trace.size() < sessions) {
        const auto [at, user] = next.top();
        next.pop();
        trace.push_back(user);
        next.emplace(at + periods[user % 4] * jitter(random), user);
    }
    return trace;
}

void compare(const std::vector<std::uint64_t>& trace, std::size_t limit, double within) {
    ReuseDistances distances;
    std::size_t largest = 0;
    for (std::size_t i = 0; i < trace.size(); ++i) {
        distances.used(trace[i]);
        if (i % 1024 == 0) largest = std::max(largest, distances.bytes());
    }
    distances.verify_invariants();
    CHECK(std::max(largest, distances.bytes()) <= ReuseDistances::bytes_max);
    CHECK(distances.sessions() == trace.size());
    for (const auto workers : {limit / 2, limit, 2 * limit, 4 * limit}) {
        const auto exact = hit_ratio_of(trace, workers), estimated = distances.hit_ratio(workers);
        CAPTURE(workers);
        CAPTURE(exact);
        CAPTURE(estimated);
        CHECK(std::abs(exact - estimated) <= within);
    }
}

} // namespace

TEST_CASE("with fewer users than the sample has room for the hit ratio is the exact one") {
    const auto from = seed();
    MESSAGE("HEARTH_SEED=", from);
    std::mt19937_64 random(from);
    const auto trace = zipf(random, 45, 0.8, 20'000);
    ReuseDistances distances;
    CHECK(distances.hit_ratio(10) == 0);
    for (const auto user : trace)
        distances.used(user);
    CHECK(distances.rate() == 1);
    CHECK(distances.hit_ratio(0) == 0);
    for (const std::size_t workers : {1, 2, 3, 5, 10, 20, 44, 45})
        CHECK(distances.hit_ratio(workers) == doctest::Approx(hit_ratio_of(trace, workers)));
}

TEST_CASE("a thousand users are counted to within a point") {
    std::mt19937_64 random(seed());
    compare(zipf(random, 1000, 0.9, 100'000), 200, 0.01);
    compare(periodic(random, 1000, 100'000), 200, 0.01);
}

TEST_CASE("a hundred thousand users in 1 MiB: at 1/2, 1, 2 and 4 times the limit within three points of the exact hit "
          "ratio") {
    const auto from = seed();
    MESSAGE("HEARTH_SEED=", from);
    std::mt19937_64 random(from);
    compare(zipf(random, 100'000, 0.8, 600'000), 10'000, 0.03);
    compare(periodic(random, 100'000, 600'000), 10'000, 0.03);
}

TEST_CASE("the sample stays within its limit and sound, whoever comes") {
    const auto from = seed();
    MESSAGE("HEARTH_SEED=", from);
    std::mt19937_64 random(from);
    ReuseDistances distances(64);
    for (int i = 0; i < 30'000; ++i) {
        distances.used(random() % (1 + static_cast<unsigned>(i)));
        REQUIRE(distances.sampled() <= 64);
        if (i % 10 == 0) distances.verify_invariants();
    }
    CHECK(distances.rate() < 0.01);
    CHECK(distances.hit_ratio(100) <= distances.hit_ratio(1000));
}
