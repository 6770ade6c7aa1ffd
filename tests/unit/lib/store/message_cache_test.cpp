// SPDX-License-Identifier: Apache-2.0
#include "store/message_cache.hpp"

#include <doctest/doctest.h>

using namespace hearth::store;

TEST_CASE("the cache forgets what was used least recently, and never holds more than its bound") {
    BoundedCache<int> cache(100);
    for (int i = 0; i < 5; ++i)
        cache.keep(std::to_string(i), std::make_shared<int>(i), 20);
    CHECK(cache.bytes() == 100);
    CHECK(*cache.find("0") == 0);
    cache.keep("new", std::make_shared<int>(9), 25);
    CHECK(cache.find("1") == nullptr);
    CHECK(cache.find("2") == nullptr);
    CHECK(cache.find("0") != nullptr);
    CHECK(*cache.find("new") == 9);
    CHECK(cache.bytes() <= 100);
}

TEST_CASE("what would push out most of the rest isn't kept, and nothing is kept twice") {
    BoundedCache<int> cache(100);
    cache.keep("big", std::make_shared<int>(1), 26);
    CHECK(cache.find("big") == nullptr);
    cache.keep("a", std::make_shared<int>(1), 10);
    cache.keep("a", std::make_shared<int>(2), 10);
    CHECK(*cache.find("a") == 1);
    CHECK(cache.size() == 1);
    CHECK(cache.bytes() == 10);
}

TEST_CASE("a message counts at least its bytes") {
    const auto message =
        hearth::mail::Message::parse("Subject: " + std::string(500, 'x') + "\r\n\r\n" + std::string(1000, 'y'));
    CHECK(memory_bytes(*message) > 2000);
}
