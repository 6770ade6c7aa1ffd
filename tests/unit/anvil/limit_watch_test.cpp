// SPDX-License-Identifier: Apache-2.0
#include "limit_text.hpp"
#include "world.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::anvil;
using namespace std::chrono_literals;

TEST_CASE("the first refusal is told at once, the next ones together when the pause is over") {
    LimitWatch watch;
    const Time now = Time{} + 1h;
    watch.note_waited();
    CHECK_FALSE(watch.refusals_due(now)); // waiting alone is no news
    watch.note_refused();
    CHECK_FALSE(watch.deadline());
    auto due = watch.refusals_due(now);
    REQUIRE(due);
    CHECK(due->refused == 1);
    CHECK(due->waited == 1);
    for (int more = 0; more < 7; ++more)
        watch.note_refused();
    CHECK_FALSE(watch.refusals_due(now + 59s));
    CHECK(watch.deadline() == now + refusals_pause);
    due = watch.refusals_due(now + refusals_pause);
    REQUIRE(due);
    CHECK(due->refused == 7);
    CHECK(due->waited == 0);
    CHECK_FALSE(watch.refusals_due(now + 1h));
    CHECK_FALSE(watch.deadline());
}

TEST_CASE("at 80 % one warning, and the next only after it was calmer, and not for ten minutes") {
    LimitWatch watch;
    Time now = Time{} + 1h;
    CHECK_FALSE(watch.busy_due(79, 100, now));
    CHECK(watch.busy_due(80, 100, now));
    CHECK_FALSE(watch.busy_due(95, 100, now + busy_pause));
    CHECK_FALSE(watch.busy_due(75, 100, now + busy_pause)); // not calm enough
    CHECK_FALSE(watch.busy_due(80, 100, now + busy_pause));
    CHECK_FALSE(watch.busy_due(60, 100, now + 1min));
    CHECK_FALSE(watch.busy_due(90, 100, now + 2min));
    CHECK(watch.busy_due(90, 100, now + busy_pause));
}

TEST_CASE("of a handful of processes 80 % are no warning, and of none neither") {
    LimitWatch watch;
    CHECK_FALSE(watch.busy_due(9, 9, Time{} + 1h));
    CHECK_FALSE(watch.busy_due(3, 0, Time{} + 1h));
    CHECK(watch.busy_due(8, 10, Time{} + 1h));
}

TEST_CASE("the line names service, limit, value, peak, the setting and the cost") {
    LimitRemark remark{"imap", LimitWatch::Refusals{3, 12}, 64, 64, 60, 64, 9, 612};
    auto text = limit_text(remark);
    for (const char* word : {"service imap", "process_limit (64)", "3 logins were refused", "12 had to wait", "612 KiB",
             "limit=64 used=64 busy=60 peak=64 waiting=9", "Raise process_limit"})
        CHECK_MESSAGE(text.find(word) != std::string::npos, word);
    remark.refusals.reset();
    remark.average_kib = 0;
    text = limit_text(remark);
    CHECK(text.find("60 of 64 processes (process_limit) are busy") != std::string::npos);
    CHECK(text.find("KiB") == std::string::npos);
}

TEST_CASE("workers that all leave at once, as at the end of the master, are no warning") {
    testing::World world;
    for (std::uint32_t pid = 1; pid <= 9; ++pid) world.warm(pid, "user" + std::to_string(pid));
    REQUIRE(world.ledger.take_remarks().empty());
    for (std::uint32_t pid = 1; pid <= 9; ++pid) {
        world.worker(pid).leaving = true;
        world.worker(pid).accepts = false;
        world.say(pid);
    }
    CHECK(world.ledger.take_remarks().empty());
}
