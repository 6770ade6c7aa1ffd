// SPDX-License-Identifier: Apache-2.0
#include "expectation.hpp"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <map>
#include <random>

using namespace hearth;
using namespace hearth::anvil;
using namespace std::chrono_literals;

namespace {

const Time start = Time{} + 1h;
constexpr std::size_t all = SIZE_MAX;

std::uint64_t seed() {
    const char* text = std::getenv("HEARTH_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

bool anyone(Index) {
    return true;
}

Gaps polling_every(double period, int times = 8) {
    Gaps gaps;
    for (int i = 0; i < times; ++i)
        gaps.add(Seconds(period * (i % 2 == 0 ? 0.98 : 1.02)));
    return gaps;
}

// Bursts of clicks and an hour's silence, told to the service by many users.
void tell_of_clickers(Expectation& expectation, std::mt19937_64& random) {
    std::exponential_distribution<double> click(1.0 / 20), silence(1.0 / 3600);
    Histories::Return back;
    for (int i = 0; i < 6; ++i)
        back.before.add(Seconds(i % 2 == 0 ? 2 : 60));
    for (int i = 0; i < 3000; ++i) {
        back.gap = Seconds(i % 22 == 0 ? silence(random) : click(random));
        expectation.returned(back);
    }
}

} // namespace

TEST_CASE("who logs in every five minutes and was idle 4:59 is kept, who comes every half hour and just left goes") {
    const Expectation expectation;
    ReturnOrder order(expectation);
    order.insert(1, polling_every(300), start);
    order.insert(2, polling_every(1800), start + 298s);
    order.insert(3, polling_every(600), start + 298s);
    CHECK(order.expected_last(all, start + 299s, anyone, all) == std::vector<Index>{2, 3, 1});
    CHECK(order.expected(1, start + 299s) < start + 330s);
}

TEST_CASE("a poller that is overdue is soon expected last") {
    const Expectation expectation;
    CHECK(expectation.price(polling_every(300), 299s) < 30s);
    CHECK(expectation.price(polling_every(300), 400s) > 300s);
    ReturnOrder order(expectation);
    order.insert(1, polling_every(300), start);
    order.insert(2, polling_every(600), start);
    CHECK(order.expected_last(1, start + 200s, anyone, all).front() == 2);
    CHECK(order.expected_last(1, start + 400s, anyone, all).front() == 1);
}

TEST_CASE("where nothing is known the longest idle goes first") {
    const Expectation expectation;
    ReturnOrder order(expectation);
    for (Index worker = 0; worker < 50; ++worker)
        order.insert(worker, Gaps{}, start + worker * 20s);
    const auto last = order.expected_last(all, start + 2h, anyone, all);
    REQUIRE(last.size() == 50);
    CHECK(std::is_sorted(last.begin(), last.end()));
}

TEST_CASE("the price of a worker whose user clicks grows with the idle time, silence included") {
    std::mt19937_64 random(seed());
    Expectation expectation;
    tell_of_clickers(expectation, random);
    CHECK(expectation.price(Gaps{}, 0s) < 60s);
    CHECK(expectation.price(Gaps{}, 10min) > 10min);
    CHECK(expectation.price(Gaps{}, 30s) < expectation.price(Gaps{}, 120s));
    CHECK(expectation.price(Gaps{}, 120s) < expectation.price(Gaps{}, 300s));
}

TEST_CASE("equal expectations: longest idle first, then the smaller index") {
    const Expectation expectation;
    ReturnOrder order(expectation);
    for (const Index worker : {7U, 3U, 5U})
        order.insert(worker, Gaps{}, start);
    CHECK(order.expected_last(all, start, anyone, all) == std::vector<Index>{3, 5, 7});
    CHECK(order.expected_last(all, start + 1h, anyone, all) == std::vector<Index>{3, 5, 7});
}

TEST_CASE("who isn't accepted is passed over, and no more are asked than allowed") {
    const Expectation expectation;
    ReturnOrder order(expectation);
    for (Index worker = 0; worker < 10; ++worker)
        order.insert(worker, Gaps{}, start + worker * 1min);
    int asked = 0;
    const auto odd = [&asked](Index worker) { return ++asked, worker % 2 == 1; };
    CHECK(order.expected_last(2, start + 1h, odd, all) == std::vector<Index>{1, 3});
    asked = 0;
    CHECK(order.expected_last(5, start + 1h, odd, 3) == std::vector<Index>{1});
    CHECK(asked == 3);
}

TEST_CASE("prices are finite and positive for any history at any idle time") {
    const auto from = seed();
    MESSAGE("HEARTH_SEED=", from);
    std::mt19937_64 random(from);
    std::uniform_real_distribution<double> exponent(-3, 7);
    Expectation expectation;
    for (int round = 0; round < 20'000; ++round) {
        Histories::Return back;
        for (auto gaps = random() % 30; gaps > 0; --gaps)
            back.before.add(Seconds(std::pow(10, exponent(random))));
        back.gap = Seconds(std::pow(10, exponent(random)));
        const auto price = expectation.price(back.before, Seconds(std::pow(10, exponent(random)))).count();
        REQUIRE(price > 0);
        REQUIRE(price <= 1e8);
        expectation.returned(back);
    }
}

TEST_CASE("the order holds whatever workers come, go and are asked for: 100,000 random events, twice the same") {
    const auto from = seed();
    MESSAGE("HEARTH_SEED=", from);
    std::vector<std::vector<Index>> answers[2];
    for (auto& answered : answers) {
        std::mt19937_64 random(from);
        Expectation expectation;
        ReturnOrder order(expectation);
        std::map<Index, Time> idle;
        auto now = start;
        for (int event = 0; event < 100'000; ++event) {
            now += std::chrono::milliseconds(random() % 20'000);
            const auto worker = static_cast<Index>(random() % 300);
            const auto dice = random() % 10;
            if (dice < 5 && !idle.contains(worker)) {
                order.insert(worker, random() % 2 == 0 ? Gaps{} : polling_every(10.0 + double(random() % 3000)), now);
                idle[worker] = now;
            } else if (dice < 9) {
                order.erase(worker);
                idle.erase(worker);
            } else {
                answered.push_back(order.expected_last(3, now, anyone, 300));
                REQUIRE(answered.back().size() == std::min<std::size_t>(3, idle.size()));
            }
            if (random() % 4 == 0) expectation.returned({Gaps{}, Seconds(double(random() % 5000))});
            REQUIRE(order.size() == idle.size());
            if (event % 500 == 0) order.verify_invariants();
        }
    }
    CHECK(answers[0].size() > 5000);
    CHECK(answers[0] == answers[1]);
}
