// SPDX-License-Identifier: Apache-2.0
#include "rendered_items.hpp"

#include <doctest/doctest.h>

using hearth::imap::RenderedItems;

TEST_CASE("rendered items are found by GUID and label") {
    RenderedItems items;
    items.add("g1", "ENVELOPE", "(1)");
    items.add("g2", "ENVELOPE", "(2)");
    REQUIRE(items.find("g1", "ENVELOPE") != nullptr);
    CHECK(*items.find("g1", "ENVELOPE") == "(1)");
    CHECK(*items.find("g2", "ENVELOPE") == "(2)");
    CHECK(items.find("g1", "BODY") == nullptr);
    CHECK(items.find("g1\nENVELOPE", "") == nullptr);
}

TEST_CASE("messages without GUID and large items are not kept") {
    RenderedItems items;
    items.add("", "ENVELOPE", "x");
    items.add("g", "ENVELOPE", std::string(RenderedItems::item_max + 1, 'x'));
    CHECK(items.bytes() == 0);
    CHECK(items.find("", "ENVELOPE") == nullptr);
}

TEST_CASE("memory is bounded, and what was asked for lately stays") {
    RenderedItems items;
    items.add("first", "ENVELOPE", "kept");
    for (int i = 0; i < 5000; ++i) {
        items.add("g" + std::to_string(i), "ENVELOPE", std::string(200, 'x'));
        REQUIRE(items.find("first", "ENVELOPE") != nullptr);
        REQUIRE(items.bytes() <= RenderedItems::bytes_max);
    }
    CHECK(items.find("g0", "ENVELOPE") == nullptr);
    CHECK(items.find("g4999", "ENVELOPE") != nullptr);
    items.clear();
    CHECK(items.bytes() == 0);
    CHECK(items.find("first", "ENVELOPE") == nullptr);
}
