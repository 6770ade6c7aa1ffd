// SPDX-License-Identifier: Apache-2.0
#include "wire/append_request.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace hearth::imap;

TEST_CASE("a date-time is a moment, whatever its zone") {
    CHECK(parse_date_time("17-Jul-1996 02:44:25 -0700") == 837596665);
    CHECK(parse_date_time(" 7-Feb-1994 21:52:25 -0800") == 760686745);
    CHECK(parse_date_time("07-Feb-1994 21:52:25 +0530") == 760638145);
    CHECK(parse_date_time("01-Jan-1970 00:00:00 +0000") == 0);
    CHECK(parse_date_time("31-Dec-1969 23:59:59 +0000") == -1);
    CHECK(parse_date_time("29-Feb-2024 00:00:60 +0000").has_value());
}

TEST_CASE("what is no date-time is refused") {
    for (const char* text : {"", "17-Jul-1996", "17-Jul-1996 02:44:25", "32-Jul-1996 02:44:25 +0000",
             "30-Feb-2024 02:44:25 +0000", "17-Foo-1996 02:44:25 +0000", "17-Jul-96 02:44:25 +0000",
             "17-Jul-1996 24:00:00 +0000", "17-Jul-1996 02:60:25 +0000", "17-Jul-1996 2:44:25 +0000",
             "17-Jul-1996 02:44:25 0000", "17-Jul-1996 02:44:25 +00", "17-Jul-1996 02:44:25 +0060",
             "17-Jul-1996 02:44:25 +0000 x", "17-Jul-1996  02:44:25 +0000"})
        CHECK_FALSE(parse_date_time(text).has_value());
}

TEST_CASE("what precedes a message ends with its announcement") {
    const auto read = [](const char* text) {
        Arguments arguments(text);
        auto options = read_append_options(arguments);
        CHECK(options.has_value() == !arguments.failed());
        return options;
    };
    CHECK(read(" {5}").has_value());
    CHECK(read(" ~{5+}").has_value());
    CHECK(read(" () {5}").has_value());
    const auto all = read(" (\\Seen a A) \"17-Jul-1996 02:44:25 +0000\" UTF8 (~{5+}");
    REQUIRE(all.has_value());
    CHECK(all->utf8);
    CHECK(all->flags.keywords == std::vector<std::string>{"a"});
    CHECK(all->internal_date == 837571465);
    for (const char* text : {"", "{5}", " (\\Seen){5}", " (\\Seen {5}", " \"x\" {5}", " x {5}", " {5} x", " {5",
             " UTF8 {5}", " UTF8 (", " {x} {5}", " (a) (b) {5}"})
        CHECK_FALSE(read(text).has_value());
}
