// SPDX-License-Identifier: Apache-2.0
#include "rendered_items.hpp"

#include <doctest/doctest.h>

using hearth::imap::RenderedItems;

TEST_CASE("rendered items are found by message and label") {
    RenderedItems items;
    items.add(1, "ENVELOPE", "(1)");
    items.add(2, "ENVELOPE", "(2)");
    REQUIRE(items.find(1, "ENVELOPE") != nullptr);
    CHECK(*items.find(1, "ENVELOPE") == "(1)");
    CHECK(*items.find(2, "ENVELOPE") == "(2)");
    CHECK(items.find(1, "BODY") == nullptr);
    CHECK(items.find(1, "") == nullptr);
}

TEST_CASE("messages without number and large items are not kept") {
    RenderedItems items;
    items.add(0, "ENVELOPE", "x");
    items.add(1, "ENVELOPE", std::string(RenderedItems::item_max + 1, 'x'));
    CHECK(items.bytes() == 0);
    CHECK(items.find(0, "ENVELOPE") == nullptr);
}

TEST_CASE("memory is bounded, and what was asked for lately stays") {
    RenderedItems items;
    items.add(10000, "ENVELOPE", "kept");
    for (int i = 0; i < 5000; ++i) {
        items.add(static_cast<std::uint64_t>(i + 1), "ENVELOPE", std::string(200, 'x'));
        REQUIRE(items.find(10000, "ENVELOPE") != nullptr);
        REQUIRE(items.bytes() <= RenderedItems::bytes_max);
    }
    CHECK(items.find(1, "ENVELOPE") == nullptr);
    CHECK(items.find(5000, "ENVELOPE") != nullptr);
    items.clear();
    CHECK(items.bytes() == 0);
    CHECK(items.find(10000, "ENVELOPE") == nullptr);
}
