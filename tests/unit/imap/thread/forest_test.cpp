// SPDX-License-Identifier: Apache-2.0
#include "thread/forest.hpp"

#include <doctest/doctest.h>
#include <random>
#include <vector>

using hearth::imap::Forest;

TEST_CASE("roots are those that a walk upwards finds, whatever is linked and cut") {
    constexpr std::uint32_t none = 0xffffffff;
    for (unsigned seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        Forest forest;
        std::vector<std::uint32_t> parents;
        const auto root = [&](std::uint32_t node) {
            while (parents[node] != none)
                node = parents[node];
            return node;
        };
        for (std::uint32_t i = 0; i < 60; ++i) {
            CHECK(forest.add() == i);
            parents.push_back(none);
        }
        for (int round = 0; round < 3000; ++round) {
            const auto a = static_cast<std::uint32_t>(random() % 60), b = static_cast<std::uint32_t>(random() % 60);
            CHECK(forest.root(a) == root(a));
            if (random() % 4 == 0) {
                forest.cut(a);
                parents[a] = none;
            } else if (parents[a] == none && root(b) != a) {
                forest.link(a, b);
                parents[a] = b;
            }
            CHECK(forest.root(b) == root(b));
        }
    }
}

TEST_CASE("long chains cost little, from whichever end they grow") {
    constexpr std::uint32_t count = 200'000;
    Forest forest;
    for (std::uint32_t i = 0; i < count; ++i)
        forest.add();
    for (std::uint32_t i = 1; i < count / 2; ++i)
        forest.link(i, i - 1);
    for (std::uint32_t i = count - 1; i >= count / 2; --i)
        forest.link(i, i - 1);
    for (std::uint32_t i = 0; i < count; i += 7)
        CHECK(forest.root(i) == 0);
}
