// SPDX-License-Identifier: Apache-2.0
#include "mailbox_pattern.hpp"

#include <chrono>
#include <doctest/doctest.h>
#include <random>
#include <regex>
#include <string>

using hearth::imap::MailboxPattern;

namespace {

bool matches(std::string_view pattern, std::string_view name) {
    return MailboxPattern(pattern, '/').matches(name);
}

std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t length_max) {
    std::string text(random() % (length_max + 1), ' ');
    for (auto& c : text)
        c = alphabet[random() % alphabet.size()];
    return text;
}

} // namespace

TEST_CASE("a star stands for anything, a percent sign for anything but the separator") {
    CHECK(matches("*", ""));
    CHECK(matches("*", "a/b"));
    CHECK(matches("%", "ab"));
    CHECK_FALSE(matches("%", "a/b"));
    CHECK(matches("%/%", "a/b"));
    CHECK(matches("a*c", "abbc"));
    CHECK_FALSE(matches("a*c", "abb"));
    CHECK(matches("a%*", "a/b"));
    CHECK(matches("*%a", "x/a"));
    CHECK_FALSE(matches("", "a"));
    CHECK(matches("", ""));
    CHECK_FALSE(matches("a", "b"));
}

TEST_CASE("patterns match what a regular expression of the same meaning matches") {
    std::mt19937 random(7);
    for (int round = 0; round < 5000; ++round) {
        const auto pattern = random_text(random, "ab/*%", 8), name = random_text(random, "ab/", 10);
        std::string expression;
        for (const char c : pattern)
            expression += c == '*' ? ".*" : c == '%' ? "[^/]*" : std::string(1, c);
        CHECK_MESSAGE(matches(pattern, name) == std::regex_match(name, std::regex(expression)), pattern, " ", name);
    }
}

TEST_CASE("long patterns cross the words of the automaton") {
    const std::string name(300, 'a');
    for (const std::size_t length : {63, 64, 65, 127, 128, 200}) {
        CHECK(matches(std::string(length, 'a') + "*", name));
        CHECK(matches(std::string(length, 'a'), std::string(length, 'a')));
        CHECK_FALSE(matches(std::string(length, 'a'), std::string(length + 1, 'a')));
        CHECK_FALSE(matches(std::string(length, 'a') + "b*", name));
    }
}

TEST_CASE("a thousand stars cost little") {
    std::string pattern;
    for (int i = 0; i < 1000; ++i)
        pattern += "*a";
    pattern += 'b';
    const std::string name(255, 'a');
    const MailboxPattern compiled(pattern, '/');
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i)
        CHECK_FALSE(compiled.matches(name));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}
