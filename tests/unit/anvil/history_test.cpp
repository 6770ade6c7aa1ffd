// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <cstdlib>
#include <deque>
#include <doctest/doctest.h>
#include <list>
#include <map>
#include <random>

using namespace hearth;
using namespace hearth::anvil;
using namespace std::chrono_literals;

namespace {

const Time start = Time{} + 1h;

std::uint64_t seed() {
    const char* text = std::getenv("HEARTH_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

Gaps of(std::initializer_list<double> lengths) {
    Gaps gaps;
    for (const auto length : lengths)
        gaps.add(Seconds(length));
    return gaps;
}

} // namespace

TEST_CASE("why the latest worker ended is kept with the gaps, and forgotten with the user") {
    using protocol::anvil::ExitReason;
    Histories histories(2);
    CHECK_FALSE(histories.last_end(1));
    histories.left(1, Time{} + std::chrono::hours(1));
    CHECK_FALSE(histories.last_end(1));
    histories.ended(1, ExitReason::other);
    histories.ended(1, ExitReason::crash);
    histories.ended(2, ExitReason::kick);
    CHECK(histories.last_end(1) == ExitReason::crash);
    CHECK(histories.last_end(2) == ExitReason::kick);
    histories.ended(1, ExitReason::idle_kill);
    histories.ended(3, ExitReason::memory);
    CHECK(histories.last_end(1) == ExitReason::idle_kill);
    CHECK_FALSE(histories.last_end(2)); // heard of longest ago
    CHECK(histories.size() == 2);
}

TEST_CASE("a gap is remembered to within three percent, up to 36 hours") {
    for (const double length : {0.0, 1.0, 20.0, 299.0, 1800.0, 86400.0})
        CHECK(std::abs(of({length}).recent(0).count() - length) <= 0.03 * (1 + length));
    CHECK(of({1e9}).recent(0).count() == doctest::Approx(131071).epsilon(0.001));
    CHECK(of({-5}).recent(0).count() == 0);
}

TEST_CASE("the last 24 gaps are kept, whatever came before") {
    Gaps gaps;
    for (int i = 0; i < 1000; ++i) {
        gaps.add(Seconds(i < 900 ? 10 : 1000));
        CHECK(gaps.size() == std::min<std::size_t>(static_cast<std::size_t>(i) + 1, gaps_max));
    }
    for (std::size_t back = 0; back < gaps.size(); ++back)
        CHECK(gaps.recent(back).count() == doctest::Approx(1000).epsilon(0.03));
    static_assert(sizeof(Gaps) <= 27 && std::is_trivially_copyable_v<Gaps>);
}

TEST_CASE("who polls is regular, also with an odd gap; who clicks isn't") {
    CHECK_FALSE(Gaps{}.is_regular());
    CHECK(of({300}).is_regular());
    CHECK(of({300, 310}).is_regular());
    CHECK_FALSE(of({300, 20}).is_regular());
    CHECK(Gaps{}.longest().count() == 0);
    CHECK(of({300, 20}).longest() == of({300}).recent(0));
    CHECK(of({300, 310, 290, 305, 295, 300, 288, 312}).is_regular());
    CHECK(of({300, 310, 20, 305, 295, 300, 288, 312}).is_regular());
    CHECK_FALSE(of({300, 20, 40, 305, 295, 300, 5, 312}).is_regular());
    CHECK_FALSE(of({20, 3, 41, 12, 7, 3600, 33}).is_regular());
    // What lies further back than eight gaps is another habit.
    CHECK(of({20, 3, 41, 12, 600, 600, 600, 600, 600, 600, 600, 600}).is_regular());
}

TEST_CASE("a gap runs from the end of the last session to the start of the next") {
    Histories histories;
    CHECK_FALSE(histories.came(1, start).has_value()); // nobody knows how long
    histories.left(1, start + 2s);
    const auto back = histories.came(1, start + 62s);
    REQUIRE(back.has_value());
    CHECK(back->before.empty());
    CHECK(back->gap.count() == doctest::Approx(60).epsilon(0.01));
    CHECK_FALSE(histories.came(1, start + 63s).has_value()); // is here already
    histories.left(1, start + 64s);
    histories.left(1, start + 65s);
    CHECK(histories.came(1, start + 75s)->before == of({60}));
    CHECK(histories.gaps(1).size() == 2);
    CHECK(histories.gaps(1).recent(0).count() == doctest::Approx(10).epsilon(0.05));
    CHECK(histories.gaps(2).empty());
    // A time before the last one is a gap of nothing, not of a hundred years.
    histories.left(1, start + 80s);
    CHECK(histories.came(1, start)->gap.count() == 0);
}

TEST_CASE("the same name at two services is two users") {
    CHECK(history_key("imap", "alice") != history_key("jmap", "alice"));
    CHECK(history_key("imap", "alice") != history_key("imap", "bob"));
}

TEST_CASE("the table is bounded, and who was here longest ago is forgotten: 200,000 random events against a model") {
    const auto from = seed();
    MESSAGE("HEARTH_SEED=", from);
    std::mt19937_64 random(from);
    constexpr std::size_t limit = 50;
    struct Known {
        bool away = false;
        Time since;
        std::size_t count = 0;
    };
    Histories histories(limit);
    std::map<HistoryKey, Known> model;
    std::list<HistoryKey> by_age; // newest first
    auto now = start;
    std::size_t forgotten = 0;
    for (int event = 0; event < 200'000; ++event) {
        CAPTURE(event);
        now += std::chrono::seconds(random() % 30);
        const HistoryKey user = (random() % 80) << 40;
        by_age.remove(user);
        by_age.push_front(user);
        if (by_age.size() > limit) {
            model.erase(by_age.back());
            by_age.pop_back();
            ++forgotten;
        }
        auto& known = model[user];
        if (random() % 2 == 0) {
            histories.left(user, now);
            known.away = true;
            known.since = now;
        } else {
            const auto back = histories.came(user, now);
            REQUIRE(back.has_value() == known.away);
            if (back) {
                REQUIRE(back->gap.count() == doctest::Approx(Seconds(now - known.since).count()));
                REQUIRE(back->before.size() == known.count);
                known.count = std::min(known.count + 1, gaps_max);
            }
            known.away = false;
        }
        REQUIRE(histories.size() == model.size());
        REQUIRE(histories.size() <= limit);
        const HistoryKey other = (random() % 80) << 40;
        const auto at = model.find(other);
        REQUIRE(histories.gaps(other).size() == (at == model.end() ? 0 : at->second.count));
    }
    CHECK(forgotten > 1000);
}
