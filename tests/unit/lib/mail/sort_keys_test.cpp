// SPDX-License-Identifier: Apache-2.0
#include "mail/sort_keys.hpp"

#include "mail/addresses.hpp"

#include <doctest/doctest.h>

using namespace hearth::mail;

namespace {

std::int64_t seconds(std::string_view date) {
    const auto moment = sent_date(date);
    return moment ? moment->count() : -1;
}

} // namespace

TEST_CASE("a sent date is the moment, zone included") {
    CHECK(seconds("Wed, 17 Jul 1996 02:44:25 -0700") == 837596665);
    CHECK(seconds(" Wed, 17 Jul 1996\r\n 09:44:25 +0000 (UTC)\r\n") == 837596665);
    CHECK(seconds("17 Jul 1996 09:44:25 GMT") == 837596665);
    CHECK(seconds("Wed, 17 Jul 96 05:44:25 EDT") == 837596665);
    CHECK(seconds("Wed, 17 Jul 1996 09:44 +0000") == 837596640);
}

TEST_CASE("a date without zone is UTC, one without time is midnight") {
    CHECK(seconds("Wed, 17 Jul 1996 09:44:25") == 837596665);
    CHECK(seconds("17 Jul 1996") == 837561600);
}

TEST_CASE("what is no date has no moment") {
    for (const auto* text :
        {"", " ", "yesterday", "99 Foo 1996 00:00:00 +0000", "\r\n", "32 Jan 2020 00:00:00 +0000", "a"})
        CHECK_MESSAGE(!sent_date(text), text);
}

TEST_CASE("the display name is decoded, or the address") {
    CHECK(display_name(parse_addresses("=?utf-8?q?J=C3=B6rg?= <j@example.com>, b@example.com")) == "J\xc3\xb6rg");
    CHECK(display_name(parse_addresses("\"Smith, John\" <j@example.com>")) == "Smith, John");
    CHECK(display_name(parse_addresses("j@example.com")) == "j@example.com");
    CHECK(display_name({}).empty());
    CHECK(sort_mailbox(parse_addresses("Jo <j@example.com>")) == "j");
    CHECK(sort_mailbox({}).empty());
}
