// SPDX-License-Identifier: Apache-2.0
#include "open_authentications.hpp"

#include <doctest/doctest.h>
#include <random>

using namespace hearth;
using namespace hearth::auth;
using namespace std::chrono_literals;

namespace {
const Time start{1000s};
} // namespace

TEST_CASE("an id is used once at a time, and again when it has ended") {
    OpenAuthentications open;
    CHECK(open.begin(7, start).has_value());
    CHECK(open.begin(7, start).error() == OpenAuthentications::Refusal::duplicate);
    const auto serial = open.find(7, start)->serial;
    open.end(7);
    CHECK(open.find(7, start) == nullptr);
    CHECK(open.begin(7, start).has_value());
    CHECK(open.find(7, serial, start) == nullptr);
    CHECK(open.find(7, serial + 1, start) != nullptr);
}

TEST_CASE("at most 256 are open, and those whose time is over make room") {
    OpenAuthentications open;
    for (std::uint32_t id = 0; id < open_authentications_max; ++id)
        REQUIRE(open.begin(id, start).has_value());
    CHECK(open.begin(1000, start).error() == OpenAuthentications::Refusal::full);
    open.finish(*open.find(0, start), {}, {}, start);
    CHECK(open.begin(1000, start + 14s).error() == OpenAuthentications::Refusal::full);
    CHECK(open.begin(1000, start + 15s).has_value());
    CHECK(open.begin(1001, start + exchange_lifetime).has_value());
    open.verify_invariants();
    CHECK(open.size() == 2);
}

TEST_CASE("a finished authentication gives three more grants within 15 s, an unfinished one none") {
    OpenAuthentications open;
    auto* authentication = *open.begin(1, start);
    CHECK(open.take_grant(1, start) == nullptr);
    protocol::Identity identity;
    identity.user = "alice";
    open.finish(*authentication, identity, {}, start);
    for (int i = 0; i < 3; ++i)
        CHECK(open.take_grant(1, start + 14s) != nullptr);
    CHECK(open.take_grant(1, start + 14s) == nullptr);
    CHECK(open.take_grant(2, start) == nullptr);
    open.verify_invariants();

    open.finish(**open.begin(2, start), identity, {}, start);
    CHECK(open.take_grant(2, start + 15s) == nullptr);
    CHECK(open.find(2, start + 15s) == nullptr);
}

TEST_CASE("no order of events breaks the invariants") {
    std::mt19937_64 random(7);
    OpenAuthentications open;
    auto now = start;
    for (int i = 0; i < 50000; ++i) {
        const auto id = static_cast<std::uint32_t>(random() % 400);
        now += std::chrono::milliseconds(random() % 200);
        switch (random() % 4) {
        case 0: (void)open.begin(id, now); break;
        case 1: open.end(id); break;
        case 2: (void)open.take_grant(id, now); break;
        case 3:
            if (auto* found = open.find(id, now); found != nullptr && !found->identity)
                open.finish(*found, {}, {}, now);
            break;
        }
        open.verify_invariants();
    }
}
