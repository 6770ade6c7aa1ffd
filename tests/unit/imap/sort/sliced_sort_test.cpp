// SPDX-License-Identifier: Apache-2.0
#include "sort/sliced_sort.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <vector>

using hearth::imap::SlicedSort;

TEST_CASE("a sliced sort gives what a stable sort gives, in steps of bounded work") {
    std::mt19937 random(3);
    for (const std::size_t size : {0U, 1U, 2U, 2047U, 2048U, 2049U, 4096U, 4097U, 6000U, 8192U, 50'000U}) {
        std::vector<std::pair<unsigned, std::size_t>> values(size);
        for (std::size_t i = 0; i < size; ++i)
            values[i] = {static_cast<unsigned>(random() % (size / 3 + 1)), i};
        std::size_t comparisons = 0;
        auto before = [&comparisons](const auto& a, const auto& b) {
            ++comparisons;
            return a.first < b.first;
        };
        SlicedSort sort(values, before);
        std::size_t largest = 0;
        while (!sort.done()) {
            const auto so_far = comparisons;
            sort.step();
            largest = std::max(largest, comparisons - so_far);
        }
        std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        CHECK(sort.take() == values);
        CHECK(largest <= 2048 * 14);
    }
}
