// SPDX-License-Identifier: Apache-2.0
#include "mail/uid_set.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

using hearth::mail::NumberSet;
using hearth::mail::to_sequence_set;

namespace {

std::vector<std::uint32_t> expand(std::string_view text, std::uint32_t largest) {
    std::vector<std::uint32_t> numbers;
    const auto set = NumberSet::parse(text);
    REQUIRE(set);
    for (const auto range : set->resolve(largest))
        for (auto number = range.first; number <= range.last; ++number)
            numbers.push_back(number);
    return numbers;
}

using Numbers = std::vector<std::uint32_t>;

} // namespace

TEST_CASE("a sequence-set is sorted and merged, whatever order it was written in") {
    CHECK(expand("1:4,7", 10) == Numbers{1, 2, 3, 4, 7});
    CHECK(expand("4:1,3,2:5", 10) == Numbers{1, 2, 3, 4, 5});
    CHECK(NumberSet::parse("1,2,3,5,4")->resolve(9).size() == 1);
}

TEST_CASE("a star is the largest number, also when the other end is larger") {
    CHECK(expand("*", 4) == Numbers{4});
    CHECK(expand("3:*", 4) == Numbers{3, 4});
    CHECK(expand("9:*", 4) == Numbers{4, 5, 6, 7, 8, 9});
    CHECK(expand("*:*", 4) == Numbers{4});
}

TEST_CASE("in an empty mailbox a star alone names nothing") {
    CHECK(NumberSet::parse("*")->resolve(0).empty());
    CHECK(expand("1:*", 0) == Numbers{1});
    CHECK_FALSE(NumberSet::parse("*")->contains(1, 0));
}

TEST_CASE("what is no sequence-set is refused") {
    for (const auto* text :
        {"", "0", "01", "1,", ",1", "1:", ":1", "1:2:3", "a", "1 ", "-1", "4294967296", "99999999999", "1,,2", "**"})
        CHECK_MESSAGE(!NumberSet::parse(text), text);
    CHECK(NumberSet::parse("4294967294"));
}

TEST_CASE("a sequence-set has a bounded number of ranges") {
    std::string text = "1";
    for (std::size_t i = 1; i < NumberSet::ranges_max; ++i)
        text += ",1";
    CHECK(NumberSet::parse(text));
    CHECK_FALSE(NumberSet::parse(text + ",1"));
}

TEST_CASE("contains agrees with resolve") {
    std::mt19937 random(42);
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (unsigned long i = 0, count = 1 + random() % 5; i < count; ++i) {
            if (i > 0) text += ',';
            const auto number = [&] {
                return random() % 6 == 0 ? std::string("*") : std::to_string(1 + random() % 20);
            };
            text += number();
            if (random() % 2 == 0) text += ":" + number();
        }
        const auto largest = static_cast<std::uint32_t>(random() % 20);
        const auto numbers = expand(text, largest);
        const std::set<std::uint32_t> expected(numbers.begin(), numbers.end());
        CHECK(expected.size() == numbers.size());
        for (std::uint32_t n = 1; n <= 25; ++n)
            CHECK(NumberSet::parse(text)->contains(n, largest) == (expected.count(n) == 1));
        CHECK(expand(to_sequence_set(numbers).empty() ? "1" : to_sequence_set(numbers), 0) ==
              (numbers.empty() ? Numbers{1} : numbers));
    }
}

TEST_CASE("sorted numbers are written as the shortest set") {
    CHECK(to_sequence_set({}).empty());
    CHECK(to_sequence_set({7}) == "7");
    CHECK(to_sequence_set({1, 2, 3, 7}) == "1:3,7");
    CHECK(to_sequence_set({1, 3, 4, 9, 10, 11}) == "1,3:4,9:11");
}
